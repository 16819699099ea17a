"""The command line in this process, with the settings of a folder."""

from pathlib import Path

from typer.testing import CliRunner, Result

from src.cli.main import app


def flashcrash(folder: Path, *arguments: str) -> Result:
    """Run a command with `folder`/config."""
    return CliRunner().invoke(
        app, [*arguments, "--config-dir", str(folder / "config")], env={"COLUMNS": "200"}
    )


def done(folder: Path, *arguments: str) -> str:
    """Run a command that must succeed; returns what it printed."""
    result = flashcrash(folder, *arguments)
    assert result.exit_code == 0, result.output
    return result.stdout
