"""The model that the acceptance tests compare with is itself held against worked values."""

import numpy as np
import pytest

import model


def test_borders_count_real_voxels_only():
    line = np.array([[[1, 3, 9]]], np.uint8)
    assert model.shrink(line, (1, 1, 2), "mean").tolist() == [[[2, 9]]]
    assert model.shrink(line, (1, 2, 2), "median").tolist() == [[[2, 9]]]
    assert model.shrink(np.full((3, 3, 3), 7, np.uint8), (2, 2, 2), "min").tolist() == [
        [[7, 7], [7, 7]], [[7, 7], [7, 7]]]


def test_ties_take_the_value_seen_first():
    block = np.array([[[5, 8], [8, 5]]], np.uint32)
    assert model.shrink(block, (1, 2, 2), "mode").tolist() == [[[5]]]
    block = np.array([[[9, 5], [8, 5]]], np.uint32)
    assert model.shrink(block, (1, 2, 2), "mode").tolist() == [[[5]]]
    block = np.array([[[1, 6], [7, 2]], [[3, 6], [7, 4]]], np.uint32)
    assert model.shrink(block, (2, 2, 2), "mode").tolist() == [[[7]]], "y runs fastest"


def test_medians_truncate_toward_zero():
    block = np.array([[[-4, -1], [-2, 7]]], np.int8)
    assert model.shrink(block, (1, 2, 2), "median").tolist() == [[[-1]]]
    assert model.shrink(block, (1, 2, 2), "mean").tolist() == [[[0]]]


@pytest.mark.parametrize("voxel, options, wanted", [
    ((10.5, 10.5, 24), {"coarsest": (16, 16, 16)}, "1 2-2-1 4-4-2 8-8-4 16-16-8"),
    ((10.5, 10.5, 35), {"coarsest": (16, 16, 16)}, "1 2-2-1 4-4-1 8-8-2 16-16-4"),
    ((1, 1, 4), {"coarsest": (16, 16, 2)}, "1 2-2-1 4-4-1 8-8-2 16-16-2"),
    ((1, 1, 1), {"coarsest": (8, 8, 8), "start": (2, 2, 1), "sampling": "isotropic"},
     "2-2-1 4-4-2 8-8-4"),
    ((85, 85, 346), {}, "1 2-2-1 4-4-1"),
    ((11.24, 11.24, 25), {}, "1 2-2-1 4-4-2"),
])
def test_mags(voxel, options, wanted):
    mags = model.plan_mags(voxel, (100, 100, 100), **options)
    assert [model.mag_name(mag) for mag in mags] == wanted.split()


@pytest.mark.parametrize("edge, wanted", [(256, 4), (4096, 64), (65536, 1024), (1, 4)])
def test_default_coarsest(edge, wanted):
    assert model.default_coarsest((edge, 1, 1)) == (wanted,) * 3


def test_cells():
    gray, labels = model.cells((9, 40, 41))
    assert gray.shape == labels.shape == (9, 40, 41) and gray.dtype == np.uint8
    assert len(np.unique(labels)) > 3 and (labels == 0).any()
    assert np.array_equal(model.cells((9, 40, 41))[0], gray)
