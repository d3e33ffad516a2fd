//! The program: see `veilpass --help`.

mod allocator;

fn main() -> std::process::ExitCode {
    veilpass_cli::main()
}
