"""What the engine's crates give to Python (crate `python-bindings`)."""

def engine_version() -> str:
    """Return the engine's version that this module was built from."""
