"""What a conversion has to come to, worked out slowly and plainly with numpy."""

import itertools
import math

import numpy as np


def cut(size, factor):
    """(start, voxels, block) of the whole blocks along an axis, and of the one the end cuts."""
    whole = size // factor * factor
    parts = [(0, whole, factor)] if whole else []
    return parts + ([(whole, size - whole, size - whole)] if whole < size else [])


def blocks(array, factor):
    """For a z,y,x array: (index into the coarse array, blocks as [z, y, x, voxels]); the voxels of
    a block count with y fastest, then x, then z. Blocks at the end hold only voxels that exist."""
    for parts in itertools.product(*(cut(n, f) for n, f in zip(array.shape, factor))):
        piece = array[tuple(slice(start, start + n) for start, n, _ in parts)]
        shape = [edge for _, n, block in parts for edge in (n // block, block)]
        counts = shape[0::2]
        where = tuple(slice(-(-start // f), -(-start // f) + n)
                      for (start, _, _), f, n in zip(parts, factor, counts))
        yield where, piece.reshape(shape).transpose(0, 2, 4, 1, 5, 3).reshape(*counts, -1)


def most_frequent(values):
    """Of equally frequent ones the one seen first."""
    counts = (values[..., :, None] == values[..., None, :]).sum(axis=-1)
    return np.take_along_axis(values, counts.argmax(axis=-1)[..., None], axis=-1)[..., 0]


def middle(values):
    """The median; of an even number of values the mean of the two middle ones, truncated."""
    ordered = np.sort(values, axis=-1)
    n = values.shape[-1]
    low, high = ordered[..., (n - 1) // 2], ordered[..., n // 2]
    if values.dtype.kind == "f":
        return ((low.astype(np.float64) + high) / 2).astype(values.dtype)
    return np.trunc((low.astype(np.float64) + high.astype(np.float64)) / 2).astype(values.dtype)


def rounded_mean(values):
    mean = values.astype(np.float64).mean(axis=-1)
    return (mean if values.dtype.kind == "f" else np.floor(mean + 0.5)).astype(values.dtype)


KERNELS = {
    "median": middle,
    "mode": most_frequent,
    "mean": rounded_mean,
    "min": lambda values: values.min(axis=-1),
    "max": lambda values: values.max(axis=-1),
    "nearest": lambda values: values[..., 0],
}


def shrink(array, factor, kind):
    """A z,y,x array made coarser by factor (z, y, x)."""
    out = np.zeros([-(-n // f) for n, f in zip(array.shape, factor)], array.dtype)
    for where, values in blocks(array, factor):
        out[where] = KERNELS[kind](values)
    return out


def shrink_all(array, factor, kind):
    """The same for t,c,z,y,x."""
    return np.stack([np.stack([shrink(volume, factor, kind) for volume in channels])
                     for channels in array])


def pyramid(array, mags, kind):
    """mag -> t,c,z,y,x array, each made of the one before. Mags are (x, y, z)."""
    levels = {mags[0]: array}
    for finer, coarser in zip(mags, mags[1:]):
        factor = [c // f for c, f in zip(coarser[::-1], finer[::-1])]
        levels[coarser] = shrink_all(levels[finer], factor, kind)
    return levels


def default_coarsest(size):
    finest = max(size[0], size[1]) / 100
    edge = max(2 ** math.ceil(math.log2(finest)), 4)
    return (edge, edge, edge)


def step_anisotropic(current, voxel, coarsest):
    """The next mag, and whether it is one to keep."""
    edges = [m * v for m, v in zip(current, voxel)]
    every = tuple(2 * m for m in current)
    finest = tuple(2 * m if e == min(edges) else m for m, e in zip(current, edges))

    def ratio(mag):
        sizes = [m * v for m, v in zip(mag, voxel)]
        return max(sizes) / min(sizes)

    chosen = every if ratio(every) < ratio(finest) else finest
    chosen = tuple(min(m, c) for m, c in zip(chosen, coarsest))
    return chosen, not (chosen != current and max(chosen) == max(current))


def plan_mags(voxel, size, sampling="anisotropic", coarsest=None, start=(1, 1, 1)):
    """The mags of a layer, `start` first. Sizes, voxels and mags are x, y, z."""
    coarsest = coarsest or default_coarsest(size)
    if size[2] == 1:
        sampling = "constant_z"
    if sampling == "constant_z":
        coarsest = (coarsest[0], coarsest[1], start[2])
    mags, current = [start], start
    while max(current) < max(coarsest):
        if sampling == "anisotropic":
            new, keep = step_anisotropic(current, voxel, coarsest)
        else:
            new, keep = tuple(min(2 * m, c) for m, c in zip(current, coarsest)), True
        assert new != current, "the coarsest mag cannot be reached"
        current = new
        if keep:
            mags.append(current)
    return mags


def mag_name(mag):
    return str(mag[0]) if len(set(mag)) == 1 else "-".join(map(str, mag))


def mag_of(name):
    parts = [int(part) for part in name.split("-")]
    return tuple(parts * 3 if len(parts) == 1 else parts)


# ---- pictures ----


def cells(shape, seed=1):
    """A z,y,x pair of u8 tissue and u32 labels: places nearest to scattered seeds."""
    rng = np.random.default_rng(seed)
    count = max(3, int(np.prod(shape) / 4000))
    seeds = rng.uniform(0, 1, (count, 3)) * shape
    numbers = rng.permutation(np.arange(1, count + 1)).astype(np.uint32)
    places = np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), axis=-1)
    best = np.full(shape, np.inf)
    second = np.full(shape, np.inf)
    labels = np.zeros(shape, np.uint32)
    for seed_place, number in zip(seeds, numbers):
        distance = np.sqrt(((places - seed_place) ** 2).sum(axis=-1))
        nearer = distance < best
        second = np.where(nearer, best, np.minimum(second, distance))
        labels[nearer] = number
        best = np.minimum(best, distance)
    membrane = second - best < 1.5
    gray = np.where(membrane, 60, 120 + labels % 80) + rng.normal(0, 12, shape)
    labels[membrane] = 0
    return np.clip(gray, 0, 255).astype(np.uint8), labels
