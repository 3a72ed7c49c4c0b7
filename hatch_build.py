"""Puts the kits (`whitehot/runtime/kit.py`) into wheels: what LLVM makes for each platform, so that no machine has to make it.

Kits are data, so the wheel stays one for all platforms. Where the Python that builds is not the one that the kits are for, or has no llvmlite, the
wheel comes without them, and each machine makes its own once.
"""

from __future__ import annotations

import os
import sys
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class KitHook(BuildHookInterface[Any]):
    """Makes the kits for a wheel; an editable install makes its own when it runs."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called before the wheel is written."""
        if version == "editable":
            return
        sys.path.insert(0, os.path.join(self.root, "src"))
        try:
            from whitehot.runtime import kit
            from whitehot.stencil.make import TARGETS
        except Exception as error:  # noqa: BLE001 - whatever is missing, the wheel works without
            self.app.display_warning(f"no kits in this wheel: {error}")
            return
        folder = os.path.join(self.directory, "kits")
        os.makedirs(folder, exist_ok=True)
        for target in TARGETS:
            path = os.path.join(folder, f"{target}.kit")
            kit.write(target, path)
            build_data["force_include"][path] = f"whitehot/kits/{target}.kit"
