"""A second implementation of the veilpass protocol, written from docs/protocol.md and docs/format.md alone.

It exists to show that the text is enough, and that two programs written apart agree. Not constant-time: for tests only.
"""
