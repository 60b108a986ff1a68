//! The adapter for ServiceNow against its stand-in: each trap of that API by its name, lost answers, and how many requests it
//! takes. A judge looks at what the stand-in keeps, never at what the adapter says.

mod faults;
mod first_contact;
mod rig;
mod sign_in;
mod traps;
mod whole;
mod writes;
