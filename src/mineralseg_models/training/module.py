"""The network, its loss and its optimiser, as Lightning runs them."""

from typing import Any

import lightning as L
import torch
from torch import Tensor, nn
from torchmetrics.classification import MulticlassConfusionMatrix

from mineralseg_models.scores.counts import mean_iou, pixel_accuracy
from mineralseg_models.training.fields import IGNORE
from mineralseg_models.training.recipe import FitRecipe


class Segmenter(L.LightningModule):
    """Cross-entropy + Dice, AdamW with a one-cycle schedule.

    Parameters
    ----------
    network : nn.Module
        Takes (B, C, Y, X), returns logits (B, K, Y, X).
    n_classes : int
        K.
    fit : FitRecipe
        Loss weights, learning rate, weight decay.
    steps : int
        Optimiser steps of the whole schedule.
    """

    def __init__(self, network: nn.Module, n_classes: int, fit: FitRecipe, steps: int) -> None:
        super().__init__()
        from segmentation_models_pytorch.losses import DiceLoss

        self.network = network.to(memory_format=torch.channels_last)
        self._fit, self._steps = fit, steps
        self._cross_entropy = nn.CrossEntropyLoss(
            ignore_index=IGNORE, label_smoothing=fit.label_smoothing
        )
        self._dice = DiceLoss("multiclass", ignore_index=IGNORE)
        self.confusion = MulticlassConfusionMatrix(n_classes, ignore_index=IGNORE)

    def forward(self, pixels: Tensor) -> Tensor:
        """Return logits (B, K, Y, X) of standardised pixels (B, C, Y, X)."""
        logits: Tensor = self.network(pixels.contiguous(memory_format=torch.channels_last))
        return logits

    def training_step(self, batch: tuple[Tensor, Tensor], _: int) -> Tensor:
        """Return the loss of a batch of crops."""
        pixels, target = batch
        logits = self(pixels)
        loss: Tensor = self._cross_entropy(logits, target)
        if self._fit.dice_weight:
            loss = loss + self._fit.dice_weight * self._dice(logits, target)
        self.log("loss", loss, prog_bar=False)
        return loss

    def validation_step(self, batch: tuple[Tensor, Tensor], _: int) -> None:
        """Count the pixels of one whole field by true and predicted class."""
        pixels, target = batch
        rows, columns = target.shape[-2:]
        self.confusion.update(self(pixels)[..., :rows, :columns], target)

    def on_validation_epoch_end(self) -> None:
        """Log scores of the counts of all fields together."""
        counts = self.confusion.compute().cpu().numpy()
        self.confusion.reset()
        self.log("val_mean_iou", float(mean_iou(counts)))
        self.log("val_accuracy", float(pixel_accuracy(counts)))

    def configure_optimizers(self) -> Any:
        """AdamW; one cycle over all steps."""
        fit = self._fit
        optimiser = torch.optim.AdamW(
            self.parameters(), lr=fit.learning_rate, weight_decay=fit.weight_decay
        )
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimiser, fit.learning_rate, total_steps=max(self._steps, 2), pct_start=0.15
        )
        return {
            "optimizer": optimiser,
            "lr_scheduler": {"scheduler": schedule, "interval": "step"},
        }
