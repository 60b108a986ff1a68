//! Files and folders that are for their owner alone, those of a data folder among them, and the one reader of files that
//! others may have made.

mod bounded;
mod data_files;
mod private;
mod secret_text;
mod shell_word;
mod text_form;

pub use bounded::{CERTIFICATE_MAX, FileReadError, TEXT_MAX, open_file, read_file, read_text};
pub use data_files::{
    copy_data_file, create_data_file, create_data_folder, open_data_file, open_file_for_owner, replace_data_file,
    replace_data_file_with, replace_shared_file_with,
};
pub use private::{
    RestrictError, create_private_file, create_private_folder, is_data_folder, mode_open_to_others,
    replace_private_file, restrict_data_folder, restrict_subfolder,
};
pub use secret_text::{SecretBlanks, SecretTextError, decode_secret, trim_invisible};
pub use shell_word::shell_word;
pub use text_form::{decode_text, not_text};
