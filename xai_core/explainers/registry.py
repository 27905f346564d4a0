"""The methods SeeSpot offers, in the order in which they are shown. A new method is its class and one line here."""

from collections.abc import Mapping
from typing import Any

from xai_core import params
from xai_core.errors import UnknownNameError
from xai_core.explainers.base import Explainer
from xai_core.explainers.class_activation.grad_cam import GradCam
from xai_core.explainers.class_activation.grad_cam_plus_plus import GradCamPlusPlus
from xai_core.explainers.class_activation.guided_grad_cam import GuidedGradCam
from xai_core.explainers.class_activation.hires_cam import HiResCam
from xai_core.explainers.class_activation.layer_cam import LayerCam
from xai_core.explainers.class_activation.score_cam import ScoreCam
from xai_core.explainers.families import FAMILIES, Family
from xai_core.explainers.gradients.backward_signals import DeconvNet, GuidedBackprop
from xai_core.explainers.gradients.deep_lift import DeepLift
from xai_core.explainers.gradients.expected_gradients import ExpectedGradients
from xai_core.explainers.gradients.gradient_x_input import GradientXInput
from xai_core.explainers.gradients.integrated_gradients import IntegratedGradients
from xai_core.explainers.gradients.saliency import Saliency
from xai_core.explainers.gradients.smooth_grad import SmoothGrad
from xai_core.explainers.perturbation.kernel_shap import KernelShap
from xai_core.explainers.perturbation.lime_superpixels import LimeSuperpixels
from xai_core.explainers.perturbation.occlusion import Occlusion
from xai_core.explainers.perturbation.partition_shap import PartitionShap
from xai_core.explainers.perturbation.rise import Rise

_OFFERED: tuple[type[Explainer], ...] = (
    LimeSuperpixels,
    GradCam,
    IntegratedGradients,
    ExpectedGradients,
    PartitionShap,
    GradCamPlusPlus,
    LayerCam,
    HiResCam,
    ScoreCam,
    GuidedGradCam,
    Saliency,
    GradientXInput,
    SmoothGrad,
    DeepLift,
    GuidedBackprop,
    DeconvNet,
    KernelShap,
    Occlusion,
    Rise,
)

#: The methods that are shown where nobody chose any; in this order the panels of the page Explain are numbered.
DEFAULT_METHODS = ("lime", "grad_cam", "integrated_gradients", "expected_gradients")

EXPLAINERS: dict[str, type[Explainer]] = {method.info.key: method for method in _OFFERED}

#: The default methods where they are compared: those that take one pass through the network come first.
DEFAULT_METHODS_QUICK_FIRST = tuple(sorted(DEFAULT_METHODS, key=lambda key: not EXPLAINERS[key].info.quick))


def by_family() -> dict[Family, list[type[Explainer]]]:
    """Return the methods by family; families and methods stand in the order in which they are shown."""
    families: dict[Family, list[type[Explainer]]] = {family: [] for family in FAMILIES}
    for method in _OFFERED:
        families[method.info.family].append(method)
    return {family: methods for family, methods in families.items() if methods}


def explainer_class(key: str) -> type[Explainer]:
    """Return the method's class. Raises UnknownNameError naming the methods there are."""
    try:
        return EXPLAINERS[key]
    except KeyError:
        raise UnknownNameError(
            "There is no method “{key}”; choose one of {names}.", key=key, names=", ".join(EXPLAINERS)
        ) from None


def build_explainer(key: str, settings: Mapping[str, Any]) -> Explainer:
    """Return the method with these settings (text is read as the parameter's kind), the others at their defaults."""
    return params.build(explainer_class(key), settings)
