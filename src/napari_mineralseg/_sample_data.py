"""npe2 sample data: a thin section of a sandstone, drawn by optics and seeded."""

from typing import Any

LayerData = tuple[Any, dict[str, Any], str]
SEED = 7
SHAPE = (1100, 1000)
PIXEL_SIZE_UM = 1.0
CROSSED_SHIFT_PX = (6.0, -9.0)
CROSSED_ANGLE_DEG = 0.8


def open_section() -> list[LayerData]:
    """Open the plane- and the cross-polarised picture of one field.

    The crossed picture lies some pixels off and a little turned, as on a real microscope.
    """
    return _section(with_minerals=False)


def open_section_with_minerals() -> list[LayerData]:
    """Open both pictures and the minerals that they were drawn from."""
    return _section(with_minerals=True)


def _section(*, with_minerals: bool) -> list[LayerData]:
    from mineralseg_models.synthesis.thin_section import synthesise_thin_section
    from napari_mineralseg.layers.pictures import picture_layer
    from napari_mineralseg.layers.results import labels_layer

    section = synthesise_thin_section(
        SHAPE,
        seed=SEED,
        pixel_size_um=PIXEL_SIZE_UM,
        crossed_shift_px=CROSSED_SHIFT_PX,
        crossed_angle_deg=CROSSED_ANGLE_DEG,
    )
    layers = [
        picture_layer(section.crossed, "thin section crossed"),
        picture_layer(section.plane, "thin section plane"),
    ]
    if with_minerals:
        layers.append(
            labels_layer(section.mask, section.taxonomy, PIXEL_SIZE_UM, "thin section minerals")
        )
    return layers
