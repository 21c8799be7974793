"""Run a training with Lightning as a generator: progress out, cancelled by closing it."""

import logging
import queue
import threading
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import lightning as L
import numpy as np
import torch
from lightning.pytorch.callbacks import (
    Callback,
    EarlyStopping,
    EMAWeightAveraging,
    ModelCheckpoint,
)
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, Subset

from mineralseg_models.errors import TaskFailed
from mineralseg_models.progress import Progress, Task
from mineralseg_models.segmentation.normalise import normalise
from mineralseg_models.training.fields import IGNORE, Field
from mineralseg_models.training.module import Segmenter
from mineralseg_models.training.recipe import FitRecipe, Recipe
from mineralseg_models.training.sampling import RandomCrops

POLL_S = 0.1
GRADIENT_NORM = 1.0


@dataclass(frozen=True, eq=False)
class Fitted:
    """What a training leaves.

    Parameters
    ----------
    state_dict : dict of str to Tensor
        Weights of the network: the best validated average, or the last one.
    curve : tuple of dict
        ``step``, ``loss`` and, where validated, ``val_mean_iou`` and ``val_accuracy``.
    stopped_early : bool
    """

    state_dict: dict[str, Tensor]
    curve: tuple[dict[str, float], ...] = ()
    stopped_early: bool = False


@dataclass
class _Run:
    """State shared between the thread that trains and the generator that watches it."""

    messages: "queue.SimpleQueue[Progress | None]" = field(default_factory=queue.SimpleQueue)
    curve: list[dict[str, float]] = field(default_factory=list)
    error: BaseException | None = None
    cancelled: bool = False


class _Crops(L.LightningDataModule):
    """One stretch of crops an epoch, so that a resumed run sees what an unbroken one sees."""

    def __init__(
        self, crops: RandomCrops, held_back: Sequence[Field], recipe: Recipe, per_epoch: int
    ) -> None:
        super().__init__()
        self._crops, self._held_back = crops, held_back
        self._recipe, self._per_epoch = recipe, per_epoch

    def train_dataloader(self) -> DataLoader[Any]:
        """Crops of the running epoch, in their order."""
        epoch = self.trainer.current_epoch if self.trainer else 0
        first = epoch * self._per_epoch
        last = min(first + self._per_epoch, len(self._crops))
        part: Subset[Any] = Subset(self._crops, range(first, last))
        return DataLoader(part, batch_size=self._recipe.fit.batch, shuffle=False)

    def val_dataloader(self) -> DataLoader[Any] | list[Any]:
        """Return whole fields, one a batch, or none."""
        if not self._held_back:
            return []
        return DataLoader(_WholeFields(self._held_back, self._recipe), batch_size=1)


class _WholeFields(Dataset[tuple[Tensor, Tensor]]):
    def __init__(self, fields: Sequence[Field], recipe: Recipe) -> None:
        self._fields, self._recipe = list(fields), recipe

    def __len__(self) -> int:
        return len(self._fields)

    def __getitem__(self, i: int) -> tuple[Tensor, Tensor]:
        f, stride = self._fields[i], self._recipe.stride
        scaled = normalise(f.pixels.astype(np.float32), self._recipe.normalisation)
        pad = [(0, -n % stride) for n in f.target.shape]
        scaled = np.pad(scaled, (*pad, (0, 0)), mode="symmetric")
        pixels = torch.from_numpy(np.ascontiguousarray(scaled.transpose(2, 0, 1)))
        return pixels, torch.from_numpy(f.target.astype(np.int64))


class _Reporter(Callback):
    """Sends progress, notes the curve, and stops the run when it is cancelled."""

    def __init__(self, run: _Run, steps: int, note: str) -> None:
        self._run, self._steps, self._note = run, steps, note

    def on_train_batch_end(
        self, trainer: L.Trainer, module: L.LightningModule, outputs: Any, *_: Any
    ) -> None:
        if self._run.cancelled:
            trainer.should_stop = True
        loss = float(outputs["loss"])
        self._run.messages.put(
            Progress(trainer.global_step, self._steps, f"{self._note}, loss {loss:.3f}")
        )

    def state_dict(self) -> dict[str, Any]:
        """Return the curve so far, kept in checkpoints for a run that goes on later."""
        return {"curve": self._run.curve}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take up the curve of the run that is continued."""
        self._run.curve[:] = state_dict["curve"]

    def on_train_epoch_end(self, trainer: L.Trainer, module: L.LightningModule) -> None:
        point = {"step": float(trainer.global_step)}
        metrics = trainer.callback_metrics
        for name in ("loss", "val_mean_iou", "val_accuracy"):
            if name in metrics:
                point[name] = float(metrics[name])
        self._run.curve.append(point)


def fit(
    network: nn.Module,
    fields: Sequence[Field],
    recipe: Recipe,
    n_classes: int,
    folder: Path,
    *,
    steps: int,
    learning_rate: float | None = None,
    synthetic: Sequence[Field] = (),
    mixed: float = 0.0,
    held_back: Sequence[Field] = (),
    stage: int = 0,
    device: str = "auto",
    note: str = "training",
) -> Task[Fitted]:
    """Fit a network; a checkpoint in ``folder`` is taken up where it stands.

    Parameters
    ----------
    network : nn.Module
        Changed in place.
    fields, synthetic, held_back : sequence of Field
        To learn from, generated ones that a share ``mixed`` of the crops comes from, and those
        for early stopping.
    n_classes : int
    folder : Path
        Checkpoints go here; nothing else does.
    steps : int
        Optimiser steps in all.
    learning_rate : float, optional
        Highest one of the cycle; the recipe's by default.
    stage : int
        Number of the stage, part of the random seed.
    device : str
        ``auto``, ``cpu``, ``cuda`` or ``mps``.

    Returns
    -------
    Fitted

    Raises
    ------
    TaskFailed
        The training broke down; the cause is chained.
    """
    run = _Run()
    f = recipe.fit.model_copy(update={"learning_rate": learning_rate or recipe.fit.learning_rate})
    module = Segmenter(network, n_classes, f, steps)
    crops = RandomCrops(
        fields, recipe, steps * f.batch, synthetic=synthetic, mixed=mixed, stage=stage
    )
    data = _Crops(crops, held_back, recipe, min(f.validate_every, steps) * f.batch)
    callbacks = _callbacks(f, folder, bool(held_back))
    trainer = _trainer(folder, device, steps, [*callbacks, _Reporter(run, steps, note)])
    last = folder / "last.ckpt" if (folder / "last.ckpt").is_file() else None
    if last is not None and _read_checkpoint(last)["global_step"] >= steps:
        return _finished(folder, bool(held_back), steps)  # stopped after its last step
    thread = threading.Thread(
        target=_train, args=(run, trainer, data, module, last), name="training", daemon=True
    )
    thread.start()
    try:
        yield from _watch(run, thread)
    finally:
        run.cancelled = True
        thread.join()
    if run.error is not None:
        raise TaskFailed(f"The training stopped: {run.error}.") from run.error
    return _finished(folder, bool(held_back), steps)


def _callbacks(f: FitRecipe, folder: Path, validated: bool) -> list[Callback]:
    """Average the weights, keep checkpoints and, where fields are held back, stop early."""
    checkpoint = ModelCheckpoint(
        folder,
        filename="best",
        monitor="val_mean_iou" if validated else None,
        mode="max",
        save_last=True,
        enable_version_counter=False,
    )
    callbacks: list[Callback] = [EMAWeightAveraging(decay=f.average_decay), checkpoint]
    if validated:
        callbacks.append(EarlyStopping("val_mean_iou", patience=f.patience, mode="max"))
    return callbacks


def _trainer(folder: Path, device: str, steps: int, callbacks: list[Callback]) -> L.Trainer:
    for name in ("lightning.pytorch", "lightning.fabric"):  # progress says what matters
        logging.getLogger(name).setLevel(logging.WARNING)
    return L.Trainer(
        accelerator=device,
        devices=1,
        max_steps=steps,
        callbacks=callbacks,
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        gradient_clip_val=GRADIENT_NORM,
        reload_dataloaders_every_n_epochs=1,
        log_every_n_steps=1,
        default_root_dir=folder,
    )


def _train(
    run: _Run, trainer: L.Trainer, data: _Crops, module: Segmenter, last: Path | None
) -> None:
    try:
        with warnings.catch_warnings():
            # Lightning's advice on loaders and loggers, and PyTorch's on its own internals
            warnings.simplefilter("ignore")
            trainer.fit(module, datamodule=data, ckpt_path=last, weights_only=True)
    except Exception as error:  # noqa: BLE001 - handed to the watching generator, raised there
        run.error = error
    finally:
        run.messages.put(None)


def _watch(run: _Run, thread: threading.Thread) -> Task[None]:
    while True:
        try:
            message = run.messages.get(timeout=POLL_S)
        except queue.Empty:
            yield Progress(0, 0)
            continue
        if message is None:
            return
        yield message


def _finished(folder: Path, validated: bool, steps: int) -> Fitted:
    """Read what a run has left: the averaged weights of its best or last checkpoint."""
    last = _read_checkpoint(folder / "last.ckpt")
    curve = next(v["curve"] for k, v in last["callbacks"].items() if k == _Reporter.__name__)
    chosen = _read_checkpoint(folder / "best.ckpt") if validated else last
    weights = {
        name.removeprefix("network."): tensor.clone()
        for name, tensor in chosen["state_dict"].items()
        if name.startswith("network.")
    }
    return Fitted(weights, tuple(curve), last["global_step"] < steps)


def _read_checkpoint(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    return content


def class_shares(fields: Sequence[Field], n_classes: int) -> NDArray[np.float64]:
    """Share of each class among the learned pixels, shape (K,)."""
    counts = np.zeros(IGNORE + 1, dtype=np.int64)
    for f in fields:
        counts += np.bincount(f.target.ravel(), minlength=IGNORE + 1)
    return np.asarray(counts[:n_classes] / max(1, counts[:n_classes].sum()))
