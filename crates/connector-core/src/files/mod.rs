//! Files and folders that are nobody else's, and the one way by which a file is read that somebody else may have made.

mod bounded;
mod private;
mod text_form;

pub use bounded::{CERTIFICATE_MAX, ReadError, TEXT_MAX, open_file, read_file, read_text};
pub use private::{
    close_folder, close_subfolder, create_folder, create_new as create_private_file, give_to_owner_of, open_to_others,
    replace as replace_private_file,
};
pub use text_form::not_text;
