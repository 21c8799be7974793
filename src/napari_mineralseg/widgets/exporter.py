"""Write a result to a folder: the same files as the command line."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, Signal
from qtpy.QtWidgets import QFileDialog, QMessageBox, QWidget

from napari_mineralseg.export_tasks import export_paths, export_result
from napari_mineralseg.layers.pictures import to_micrograph
from napari_mineralseg.workers import Run, run_task

if TYPE_CHECKING:
    from napari_mineralseg.layers.field import FieldResult


class Exporter(QObject):
    """Asks for a folder and writes there, in the background."""

    said = Signal(str, bool)
    exported = Signal(object)
    """Paths that were written."""
    failed = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._parent = parent
        self._run: Run[Any] | None = None

    def ask(self, field: "FieldResult") -> None:
        """Let the user choose a folder, then write."""
        picture = to_micrograph(field.plane)
        start = picture.path.parent if picture.path else Path.home()
        chosen = QFileDialog.getExistingDirectory(self._parent, "Export into folder", str(start))
        if chosen and self._may_replace(export_paths(field.stem, Path(chosen))):
            self.write(field, Path(chosen))

    def write(self, field: "FieldResult", folder: Path) -> None:
        """Write the labels as they are now, with their numbers and where they come from."""
        if self._run is not None:
            self.said.emit("An export is at work; try again when it is done.", True)
            return
        keeper = field.keeper
        task = export_result(
            to_micrograph(field.plane),
            field.outcome,
            keeper.labels.copy(),
            keeper.exact(),
            export_paths(field.stem, folder),
        )
        self._run = run_task(
            task,
            title=f"Exporting {field.stem}",
            on_done=self._on_done,
            on_error=lambda error: self._on_failed(str(error)),
            on_end=self._on_end,
        )

    def shut(self) -> None:
        """Wait for an export at work; files appear whole or not at all."""
        if self._run is not None:
            self._run.abandon(wait_s=30)
            self._run = None

    def _may_replace(self, paths: list[Path]) -> bool:
        in_the_way = [p for p in paths if p.exists()]
        if not in_the_way:
            return True
        n = len(in_the_way)
        question = f"The folder holds {n} file{'s' * (n > 1)} of an earlier export. Replace?"
        answer = QMessageBox.question(self._parent, "Export", question)
        return bool(answer == QMessageBox.StandardButton.Yes)

    def _on_done(self, paths: list[Path]) -> None:
        self.said.emit(f"Exported {len(paths)} files to {paths[0].parent}.", False)
        self.exported.emit(paths)

    def _on_failed(self, sentence: str) -> None:
        self.said.emit(sentence, True)
        self.failed.emit(sentence)

    def _on_end(self) -> None:
        self._run = None
