"""The choice of an audit's photos, network and methods: an uploaded zip, or the samples."""

import streamlit as st

from pages.components.inputs import pickers, url_widgets
from pages.components.shell import address, session
from xai_core.audit.places import MOST_PHOTOS, LeftOut, Place
from xai_core.audit.plan import DEFAULT_METHODS, Plan
from xai_core.audit.planning import make_plan, with_network
from xai_core.audit.run import AuditRun, Audits, seconds_per_photo
from xai_core.audit.zips import MOST_UNPACKED, Zip
from xai_core.classifiers.base import ModelSpec
from xai_core.classifiers.reference import NetworkRef
from xai_core.errors import StoreError, XaiError
from xai_core.explainers.base import Explainer
from xai_core.explainers.registry import EXPLAINERS, build_explainer
from xai_core.i18n import formatting
from xai_core.i18n.catalogues import _, ngettext
from xai_core.photos.samples import Sample, samples
from xai_core.resources import SAMPLES

_MEGABYTES = MOST_UNPACKED // 1024**2


class SamplePhotos:
    """The samples as the source of a plan; a sample's title stands for its folder."""

    others = 0
    system = 0
    left_out: tuple[LeftOut, ...] = ()

    def __init__(self) -> None:
        self._samples: list[Sample] = list(samples().values())

    def places(self) -> list[Place]:
        """Return all samples."""
        return [Place(number, sample.file, (sample.title,)) for number, sample in enumerate(self._samples)]

    def read(self, place: Place) -> bytes:
        """Return one sample's file."""
        return (SAMPLES / self._samples[place.number].file).read_bytes()


def draw() -> None:
    """Draw the choices and, when the visitor presses the button, begin an audit."""
    specs = session.workbench().specs()
    spec = specs[_network()]
    with st.container(border=True, key="audit-choice"):
        left, right = st.columns([5, 7], gap="medium")
        with left:
            pickers.network_picker(specs, spec.key)
            offered = {key: _(method.info.title) for key, method in EXPLAINERS.items()}
            with st.popover(_("Methods"), icon=":material/layers:"):
                url_widgets.several("methods", _("Methods"), offered, DEFAULT_METHODS)
                st.caption(
                    _(
                        "Grad-CAM asks the network once a photo. Others take longer, and two or more also show how far they "
                        "agree."
                    )
                )
            url_widgets.flag(
                "cropped",
                _("Crop to the dog"),
                help=_("Of photos that a dog fills little of, the part around it is looked at alone."),
            )
        with right:
            _own(spec)


def audit_run() -> AuditRun | None:
    """Return the audit that the address names, or that of the samples; without any method draw a hint and return None."""
    if (name := address.query().get("audit")) is not None:
        try:
            return audits().find(name)
        except StoreError as error:
            st.warning(str(error))
    explainers = _explainers()
    if not explainers:
        st.info(_("Choose at least one method."))
        return None
    st.caption(_("Until you hand in photos of your own, you see those that come with SeeSpot."))
    keys = tuple(explainer.info.key for explainer in explainers)
    return audits().get_or_begin(_samples_plan(_network(), keys, _cropped(), str(session.workbench().folder)))


def again(plan: Plan) -> None:
    """Draw the button that audits the same photos with another network or other methods, where such are chosen."""
    specs, explainers = session.workbench().specs(), _explainers()
    spec = specs[_network()]
    same = spec.key == plan.classifier and tuple(explainers) == plan.explainers and _cropped() == plan.cropped
    if not explainers or same:
        return
    parts = [spec.title, *(_(explainer.info.title) for explainer in explainers)]
    choice = ", ".join([*parts, _("Crop to the dog")] if _cropped() else parts)
    if st.button(_("Look at the same photos with {choice}").format(choice=choice), key="audit-other"):
        other = audits().begin(with_network(plan, specs[plan.classifier], spec, explainers, cropped=_cropped()))
        address.put(audit=other.plan.id, group=None)
        st.rerun()


def method(plan: Plan) -> str:
    """Draw the choice of the method whose maps are shown, where there are several, and return its key."""
    titles = {explainer.info.key: _(explainer.info.title) for explainer in plan.explainers}
    first = next(iter(titles))
    return url_widgets.segments("maps", _("Maps by"), titles, first) if len(titles) > 1 else first


def title(network: str) -> str:
    """Return the network's title."""
    return session.workbench().spec(NetworkRef.parse(network)).title


def audits() -> Audits:
    """Return the audits that all visitors share."""
    return _audits(str(session.workbench().folder))


@st.cache_resource(show_spinner=False, max_entries=4)
def _audits(folder: str) -> Audits:
    """Return the audits of the workbench whose folder this is."""
    return Audits(session.workbench())


def _network() -> str:
    specs = session.workbench().specs()
    return address.option("network", specs, next(iter(specs)))


def _cropped() -> bool:
    return address.query().get("cropped") == "yes"


def _explainers() -> list[Explainer]:
    keys = address.query().get("methods", ",".join(DEFAULT_METHODS)).split(",")
    return [build_explainer(key, {}) for key in EXPLAINERS if key in keys]


def _own(spec: ModelSpec) -> None:
    """Draw the upload of a zip, the time that it will take, and the button that begins."""
    upload_number = st.session_state.setdefault("audit-turn", 0)  # another key empties the upload
    file = st.file_uploader(
        _("Your own photos: a zip of up to {count} photos, {megabytes} MB").format(
            count=MOST_PHOTOS, megabytes=_MEGABYTES
        ),
        type=["zip"],
        key=f"audit-zip-{upload_number}",
        max_upload_size=_MEGABYTES,
        help=_(
            "A folder named by a breed (“Afghan hound”, “n02088094-Afghan_hound”) tells the true breed of the photos in it; "
            "only then can anyone say what is right. Photos stay on this computer."
        ),
    )
    if file is None:
        st.caption(_("For a folder on this computer, without a browser: `python -m xai_core audit FOLDER`"))
        return
    explainers = _explainers()
    try:
        source = Zip(file)
        count = min(len(source.places()), MOST_PHOTOS)
        begin = st.button(
            ngettext("Look at {count} photo", "Look at {count} photos", count).format(count=count),
            key="audit-begin",
            type="primary",
            disabled=not explainers,
        )
        plan = Plan(spec.key, spec.weights_digest, tuple(explainers), ())
        each = seconds_per_photo(session.workbench(), plan)
        time = formatting.takes(None if each is None else each * count)
        st.caption(time or _("How long it takes is not known yet on this computer; it is told as soon as it is."))
        if begin:
            bar = st.progress(0.0, _("Reading the photos"))

            def show(share: float) -> None:
                bar.progress(share, _("Reading the photos"))

            made, _numbers = make_plan(
                source,
                spec,
                explainers,
                session.workbench().keep_photo,
                cropped=_cropped(),
                progress=show,
            )
            run = audits().begin(made)
            st.session_state["audit-turn"] += 1
            address.put(audit=run.plan.id)
            st.rerun()
    except XaiError as error:
        st.error(str(error))


@st.cache_resource(show_spinner=False, max_entries=16)
def _samples_plan(network: str, methods: tuple[str, ...], cropped: bool, folder: str) -> Plan:
    """Return the plan of the samples, which are kept in the workbench of that folder so that their rows can be opened."""
    workbench = session.workbench()
    explainers = [build_explainer(key, {}) for key in methods]
    spec = workbench.spec(NetworkRef.parse(network))
    return make_plan(SamplePhotos(), spec, explainers, workbench.keep_photo, cropped=cropped)[0]
