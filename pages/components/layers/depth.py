"""One sentence on what each block tends to see. Sizes are how far one place of the block can look at most."""

_TENDS_TO_SEE = {
    "block1": "Edges and spots of colour: each place sees 5 of the photo's 224 pixels across, so little here is about dogs.",
    "block2": "Corners, stripes and simple textures: each place sees 14 pixels across.",
    "block3": "Textures such as fur, grass or mesh, more often than things: each place sees 40 pixels across.",
    "block4": "Parts start to count, often eyes, noses or the rim of an ear: each place sees 92 pixels across.",
    "block5": "Larger parts, such as a muzzle or a whole head: each place sees 196 of 224 pixels across.",
    "mixed0": "Edges, curves and fine textures: each place sees at most 63 of the photo's 299 pixels across.",
    "mixed1": "Textures and small patterns, such as fur or mesh: each place sees at most 95 pixels across.",
    "mixed2": "Patterns and first parts, such as something round and dark: at most 127 pixels across.",
    "mixed3": "Parts begin to stand out from textures; the grid gets coarser: at most 159 pixels across.",
    "mixed4": "Parts, often of faces; from here on a place can look at the whole photo, though mostly nearby.",
    "mixed5": "Parts and how they lie together, such as an eye beside a nose.",
    "mixed6": "Larger parts, such as muzzles and ears of a certain shape.",
    "mixed7": "Heads and other large parts; what is around the dog begins to count too.",
    "mixed8": "Signs of whole animals on a coarse grid of 8 x 8 places.",
    "mixed9": "Combinations that tell breeds apart, such as a coat with a kind of head.",
    "mixed10": "What the answer is made of: the mean of these maps gives the score of every breed.",
}


def tends_to_see(block: str) -> str | None:
    """Return the sentence for a block ("block3", "mixed7"), or None where nothing is known of it."""
    return _TENDS_TO_SEE.get(block)
