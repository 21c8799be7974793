"""The models package needs no screen: neither napari nor Qt nor what draws on them."""

import subprocess
import sys

IMPORT_ALL = """
import importlib, pkgutil, sys
from importlib.abc import MetaPathFinder

class Block(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"napari", "qtpy", "PyQt6", "magicgui", "superqt", "psygnal"}:
            raise ImportError(f"{name} is blocked")

sys.meta_path.insert(0, Block())
import mineralseg_models
for module in pkgutil.walk_packages(mineralseg_models.__path__, "mineralseg_models."):
    importlib.import_module(module.name)
"""

LIGHT = """
import sys
import mineralseg_models.io.micrographs, mineralseg_models.sessions
import mineralseg_models.bundles.catalogue, mineralseg_models.scores.counts
import mineralseg_models.cli.main
heavy = {"torch", "lightning", "sklearn", "segmentation_models_pytorch"} & set(sys.modules)
sys.exit(f"{heavy} came along" if heavy else 0)
"""


def test_every_module_imports_without_a_screen() -> None:
    subprocess.run([sys.executable, "-W", "ignore", "-c", IMPORT_ALL], check=True)


def test_reading_and_listing_do_without_torch() -> None:
    subprocess.run([sys.executable, "-c", LIGHT], check=True)
