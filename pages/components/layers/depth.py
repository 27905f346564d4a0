"""One sentence on what each block tends to see. Sizes are how far one place of the block can look at most."""

from xai_core.i18n.catalogues import N_, _

_TENDS_TO_SEE = {
    "block1": N_(
        "Edges and spots of colour: each place sees 5 of the photo's 224 pixels across, so little here is about dogs."
    ),
    "block2": N_("Corners, stripes and simple textures: each place sees 14 pixels across."),
    "block3": N_("Textures such as fur, grass or mesh, more often than things: each place sees 40 pixels across."),
    "block4": N_("Parts start to count, often eyes, noses or the rim of an ear: each place sees 92 pixels across."),
    "block5": N_("Larger parts, such as a muzzle or a whole head: each place sees 196 of 224 pixels across."),
    "mixed0": N_("Edges, curves and fine textures: each place sees at most 63 of the photo's 299 pixels across."),
    "mixed1": N_("Textures and small patterns, such as fur or mesh: each place sees at most 95 pixels across."),
    "mixed2": N_("Patterns and first parts, such as something round and dark: at most 127 pixels across."),
    "mixed3": N_("Parts begin to stand out from textures; the grid gets coarser: at most 159 pixels across."),
    "mixed4": N_("Parts, often of faces; from here on a place can look at the whole photo, though mostly nearby."),
    "mixed5": N_("Parts and how they lie together, such as an eye beside a nose."),
    "mixed6": N_("Larger parts, such as muzzles and ears of a certain shape."),
    "mixed7": N_("Heads and other large parts; what is around the dog begins to count too."),
    "mixed8": N_("Signs of whole animals on a coarse grid of 8 x 8 places."),
    "mixed9": N_("Combinations that tell breeds apart, such as a coat with a kind of head."),
    "mixed10": N_("What the answer is made of: the mean of these maps gives the score of every breed."),
}


def tends_to_see(block: str) -> str | None:
    """Return the sentence for a block ("block3", "mixed7"), or None where nothing is known of it."""
    return _(_TENDS_TO_SEE[block]) if block in _TENDS_TO_SEE else None
