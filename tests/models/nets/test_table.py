import pytest
import torch

from mineralseg_models.bundles.card import NetworkSpec
from mineralseg_models.errors import BadInput
from mineralseg_models.nets.table import NETWORKS, build_network


def spec(name="unet", encoder="tu-test_resnet", **options):
    return NetworkSpec(name=name, encoder=encoder, options=options)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("unet", {"encoder_depth": 3, "decoder_channels": [16, 8, 8]}),
        ("linknet", {}),
        ("fpn", {}),
        ("pspnet", {"psp_out_channels": 32}),
        ("deeplabv3plus", {"decoder_channels": 32}),
    ],
)
def test_networks_take_any_number_of_channels(name, options):
    network = build_network(spec(name, "resnet18", **options), 6, 5).eval()
    with torch.inference_mode():
        assert network(torch.zeros(1, 6, 64, 64)).shape == (1, 5, 64, 64)


def test_every_name_of_the_table_is_a_class_of_the_library():
    import segmentation_models_pytorch as smp

    assert all(issubclass(getattr(smp, name), torch.nn.Module) for name in NETWORKS.values())


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (spec("transformer"), "no network 'transformer'; the networks are deeplabv3"),
        (spec(encoder="resnet5"), "cannot be built .*Wrong encoder name"),
        (spec(encoder="tu-nothing"), "cannot be built"),
        (spec(encoder_weights="imagenet"), "no option 'encoder_weights'"),
        (spec(aux_params={"classes": 2}), "no option 'aux_params'"),
        (spec(depth=3), "no option 'depth'; it has channels, decoder_attention_type"),
        (spec(decoder_channels=[10**9] * 5), "'decoder_channels' of the network unet is out of"),
        (spec(decoder_channels=[8] * 17), "out of range"),
        (spec(decoder_channels=[[8]]), "out of range"),
        (spec(encoder_depth=float("nan")), "out of range"),
        (spec(decoder_interpolation="x" * 100), "out of range"),
        (spec(decoder_use_norm={"type": "x"}), "out of range"),
        (spec(decoder_channels=[16, 8]), "cannot be built"),
    ],
)
def test_other_networks_are_refused(bad, words):
    with pytest.raises(BadInput, match=words):
        build_network(bad, 3, 2)
