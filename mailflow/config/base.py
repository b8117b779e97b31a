"""What every table of the configuration is built on."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

#: Marks a value that is never shown; it may be given in a file instead (`NAME_file`).
SECRET: dict[str, Any] = {"secret": True}
#: Marks a path: relative ones are read from the folder of the configuration file.
PATH: dict[str, Any] = {"path": True}


class Settings(BaseModel):
    """One table of the configuration."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)
