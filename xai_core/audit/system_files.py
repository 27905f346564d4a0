"""Files and folders that systems and programs keep for themselves between people's photos: thumbnails, bins, indexes."""

#: Names in lower case. Hidden names (".DS_Store", ".Trashes", ".picasaoriginals") are recognised by their dot.
_NAMES = frozenset(
    {
        *("__macosx", "icon\r", "lost+found"),
        *(
            "$recycle.bin",
            "recycler",
            "recycled",
            "system volume information",
            "thumbs.db",
            "ehthumbs.db",
            "desktop.ini",
        ),
        *("ehthumbs_vista.db", "found.000", "$windows.~bt", "$windows.~ws"),
        *("@eadir", "#recycle", "#snapshot", "@tmp", "@sharebin", "@sharesnap"),  # Synology
        *("@recycle", "@recently-snapshot", "@__thumb", "@transcode", "network trash folder"),  # QNAP and others
        *("temporary items", "picasa.ini", "captureone"),
    }
)
_PREFIXES = ("synophoto_thumb", "synofile_thumb", "synovideo_thumb", "~$")
#: Lightroom's and Capture One's: "Catalog Previews.lrdata".
_SUFFIXES = (".lrdata", ".lrcat", ".cocatalog", ".cosessiondb")


def is_system(parts: tuple[str, ...]) -> bool:
    """Return whether one of the parts of a path belongs to a system or a program."""
    return any(_is_system_name(part) for part in parts)


def _is_system_name(name: str) -> bool:
    plain = name.lower()
    return (
        plain in _NAMES
        or plain.startswith(_PREFIXES)
        or plain.endswith(_SUFFIXES)
        or (name.startswith(".") and bool(name.strip(".")))
    )
