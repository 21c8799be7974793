"""What a synthetic thin section looks like: the rock, the preparation and the camera."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from mineralseg_models.errors import BadInput

KINDS = ("quartz", "k_feldspar", "plagioclase", "lithic", "accessory")
_DEFAULT_SHARES = MappingProxyType(
    {"quartz": 0.36, "k_feldspar": 0.16, "plagioclase": 0.17, "lithic": 0.25, "accessory": 0.06}
)
RGB = tuple[float, float, float]


@dataclass(frozen=True)
class SectionStyle:
    """Variables of a scene; lengths in µm, colours as linear RGB of 0..1.

    Parameters
    ----------
    shares : mapping of str to float
        Share of the grains' number by kind (:data:`KINDS`); need not add up to 1.
    grain_size_um, sorting : float
        Median grain diameter; standard deviation of its natural logarithm.
    roundness, elongation : float
        0 angular to 1 well rounded; mean ratio of the long to the short axis.
    packing : float
        Area of all grains before they press into each other, over the picture's area.
    porosity : float
        Share of the space between the grains that is blue epoxy; the rest is matrix or cement.
    coat_um : float
        Clay coat between the grains.
    carbonate : float
        Share of the matrix that is carbonate cement.
    matrix, epoxy : RGB
        Colour that matrix and epoxy let pass.
    thickness_um, wedge : float
        Section thickness; its relative change across the picture.
    turbidity, strain : float
        Alteration of feldspar, 0..1; undulose extinction, 0..1.
    plane_light, crossed_light : RGB
        Illumination and white balance of the two pictures.
    plane_exposure, crossed_exposure : float
        Linear gain; 1 puts clear glass (full transmission) at white.
    vignetting, blur_um, noise : float
        Fall-off of light towards the corners; blur; shot noise at white.
    """

    shares: Mapping[str, float] = field(default_factory=lambda: _DEFAULT_SHARES)
    grain_size_um: float = 175.0
    sorting: float = 0.42
    roundness: float = 0.2
    elongation: float = 1.35
    packing: float = 1.0
    porosity: float = 0.45
    coat_um: float = 3.0
    carbonate: float = 0.0
    matrix: RGB = (0.40, 0.34, 0.24)
    epoxy: RGB = (0.006, 0.13, 0.55)
    thickness_um: float = 30.0
    wedge: float = 0.06
    turbidity: float = 0.5
    strain: float = 0.4
    plane_light: RGB = (1.0, 0.985, 0.96)
    crossed_light: RGB = (0.70, 0.95, 1.08)
    plane_exposure: float = 0.64
    crossed_exposure: float = 1.35
    vignetting: float = 0.14
    blur_um: float = 1.0
    noise: float = 0.012

    def __post_init__(self) -> None:
        known = set(KINDS)
        if set(self.shares) - known or sum(self.shares.values()) <= 0:
            raise BadInput(f"Shares name the kinds {', '.join(KINDS)}, one of them above 0.")
        if not (self.grain_size_um > 0 and 5 <= self.thickness_um <= 100 and self.packing > 0):
            raise BadInput(
                "A synthetic section needs a grain size and packing above 0 and a thickness of "
                f"5 to 100 µm; found {self.grain_size_um}, {self.packing} and {self.thickness_um}."
            )


def _tinted(rng: np.random.Generator, base: RGB, spread: float) -> RGB:
    """Colour near `base`, channels changed by up to ± `spread` of their values."""
    red, green, blue = np.array(base) * rng.uniform(1 - spread, 1 + spread, 3)
    return (float(red), float(green), float(blue))


def random_style(rng: np.random.Generator) -> SectionStyle:
    """Draw a style from a broad range of sandstones, preparations and microscopes."""
    shares = rng.dirichlet(np.array([3.0, 2.0, 1.6, 3.4, 0.5]))
    matrix: RGB = [(0.50, 0.42, 0.30), (0.56, 0.50, 0.38), (0.46, 0.46, 0.34), (0.42, 0.28, 0.20)][
        int(rng.integers(4))
    ]
    return SectionStyle(
        shares=dict(zip(KINDS, shares.tolist(), strict=True)),
        grain_size_um=float(np.exp(rng.uniform(np.log(90), np.log(380)))),
        sorting=float(rng.uniform(0.15, 0.6)),
        roundness=float(rng.uniform(0, 1)),
        elongation=float(rng.uniform(1.1, 1.8)),
        packing=float(rng.uniform(0.7, 1.35)),
        porosity=float(rng.beta(0.9, 1.1)),
        coat_um=float(rng.uniform(0.5, 9)),
        carbonate=float(rng.choice([0.0, 0.0, 0.0, 0.5])),
        matrix=_tinted(rng, matrix, 0.2),
        epoxy=_tinted(rng, (0.02, 0.2, 0.62), 0.45),
        thickness_um=float(rng.uniform(20, 35)),
        wedge=float(rng.uniform(0, 0.15)),
        turbidity=float(rng.uniform(0, 1)),
        strain=float(rng.uniform(0, 1)),
        plane_light=_tinted(rng, (1.0, 0.98, 0.95), 0.12),
        crossed_light=_tinted(rng, (0.85, 0.97, 1.05), 0.2),
        plane_exposure=float(rng.uniform(0.45, 0.9)),
        crossed_exposure=float(np.exp(rng.uniform(np.log(0.5), np.log(2.2)))),
        vignetting=float(rng.uniform(0, 0.35)),
        blur_um=float(rng.uniform(0.4, 2.0)),
        noise=float(rng.uniform(0.004, 0.03)),
    )
