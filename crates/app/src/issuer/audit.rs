//! What was issued: for the issuer itself, and signed for the authority.
