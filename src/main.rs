//! The program; everything it can do is in [`intune_connector::cli`].

fn main() -> std::process::ExitCode {
    intune_connector::cli::main()
}
