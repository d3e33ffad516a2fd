//! The program: see `veilpass --help`.

fn main() -> std::process::ExitCode {
    veilpass::cli::main()
}
