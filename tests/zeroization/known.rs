//! What is known to be left, and why.

/// Whether the scenario leaves copies on purpose.
pub fn planted(scenario: &str) -> bool {
    scenario == "planted"
}

/// Copies on the heap that are not mended yet: A and e among the terms of multi-scalar multiplications,
/// what a response and a claim carry while they are opened. None of them shows a pass without m_0 and the
/// handle, of which nothing may be left.
pub fn on_heap(scenario: &str, name: &str) -> bool {
    planted(scenario)
        || matches!(
            (scenario, name),
            ("holder", "A" | "e" | "s")
                | ("issuer", "issuer's attribute")
                | ("claim code", "attribute")
        )
}
