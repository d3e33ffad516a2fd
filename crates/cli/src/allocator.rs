//! The program's allocator.

/// Wipes what is freed, in other people's code, too: passphrases, key files and wallets go through it.
#[global_allocator]
static ALLOCATOR: zeroizing_alloc::ZeroAlloc<std::alloc::System> =
    zeroizing_alloc::ZeroAlloc(std::alloc::System);
