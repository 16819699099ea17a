"""Starts the real binaries on loopback, and watches them through what they print and publish."""
