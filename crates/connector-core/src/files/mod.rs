//! Files and folders that are nobody else's, and the one way by which a file is read that somebody else may have made.

mod bounded;
mod private;
mod text_form;

pub use bounded::{CERTIFICATE_MAX, FileReadError, TEXT_MAX, open_file, read_file, read_text};
pub use private::{
    create_private_file, create_private_folder, give_to_folder_owner, mode_open_to_others, replace_private_file,
    restrict_data_folder, restrict_subfolder,
};
pub use text_form::not_text;
