"""The other writers that the bench measures: mag 1 only, of a folder of uncompressed TIFF slices, as
64^3 chunks of zstd level 1 in shards.   writers.py tensorstore|acquire FOLDER TARGET JOBS"""

import sys
import threading
import time
from pathlib import Path

import numpy as np
import tifffile

DEPTH, CHUNK, SHARD = 64, 64, 1024


def layout(folder):
    """(files, height, width, offset of the pixels) of slices that lie in their files in one piece."""
    files = sorted(Path(folder).iterdir())
    with tifffile.TiffFile(files[0]) as tiff:
        page = tiff.pages[0]
        assert page.compression == 1 and page.dtype == np.uint8 and page.is_contiguous
        return files, page.imagelength, page.imagewidth, page.dataoffsets[0]


def read_planes(files, offset, out, jobs):
    """Fill a slab with as many threads as there are jobs (numpy reads without the lock)."""

    def some(first):
        for number in range(first, len(files), jobs):
            with open(files[number], "rb", buffering=0) as file:
                file.seek(offset)
                file.readinto(memoryview(out[number]).cast("B"))

    threads = [threading.Thread(target=some, args=(first,)) for first in range(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def write_tensorstore(folder, target, jobs):
    """A slab is read while the one before is encoded and written."""
    import tensorstore

    begun = time.monotonic()
    files, height, width, offset = layout(folder)
    shard = [DEPTH, min(SHARD, -(-height // CHUNK) * CHUNK), min(SHARD, -(-width // CHUNK) * CHUNK)]
    store = tensorstore.open({
        "driver": "zarr3",
        "kvstore": {"driver": "file", "path": f"{target}/1/"},
        "metadata": {
            "shape": [len(files), height, width],
            "data_type": "uint8",
            "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": shard}},
            "codecs": [{"name": "sharding_indexed", "configuration": {
                "chunk_shape": [CHUNK] * 3,
                "codecs": [{"name": "bytes"}, {"name": "zstd", "configuration": {"level": 1}}],
                "index_codecs": [{"name": "bytes", "configuration": {"endian": "little"}},
                                 {"name": "crc32c"}]}}]},
        "create": True,
        "context": {"data_copy_concurrency": {"limit": jobs},
                    "file_io_concurrency": {"limit": jobs},
                    "cache_pool": {"total_bytes_limit": 0}}}).result()
    slabs = [np.empty((DEPTH, height, width), np.uint8) for _ in range(2)]
    waiting = None
    for number, start in enumerate(range(0, len(files), DEPTH)):
        some = files[start:start + DEPTH]
        slab = slabs[number % 2][:len(some)]
        read_planes(some, offset, slab, jobs)
        if waiting is not None:
            waiting.result()
        waiting = store[start:start + len(some)].write(
            slab, can_reference_source_data_indefinitely=True)
    waiting.result()
    return begun


def write_acquire(folder, target, jobs):
    import acquire_zarr

    begun = time.monotonic()
    files, height, width, offset = layout(folder)

    def dimension(name, size, chunks):
        return acquire_zarr.Dimension(
            name=name, kind=acquire_zarr.DimensionType.SPACE, array_size_px=size,
            chunk_size_px=CHUNK, shard_size_chunks=chunks)

    per_shard = [min(SHARD // CHUNK, -(-size // CHUNK)) for size in (height, width)]
    array = acquire_zarr.ArraySettings(
        output_key="1", data_type=acquire_zarr.DataType.UINT8,
        dimensions=[dimension("z", 0, 1), dimension("y", height, per_shard[0]),
                    dimension("x", width, per_shard[1])],
        compression=acquire_zarr.CompressionSettings(
            compressor=acquire_zarr.Compressor.ZSTD, codec=acquire_zarr.CompressionCodec.ZSTD,
            level=1))
    settings = acquire_zarr.StreamSettings(arrays=[array], store_path=str(target),
                                           max_threads=jobs, overwrite=True)
    stream = acquire_zarr.ZarrStream(settings)
    slab = np.empty((DEPTH, height, width), np.uint8)
    for start in range(0, len(files), DEPTH):
        some = files[start:start + DEPTH]
        read_planes(some, offset, slab, jobs)
        stream.append(slab[:len(some)])
    stream.close()
    return begun


if __name__ == "__main__":
    who, folder, target, jobs = sys.argv[1:]
    write = {"tensorstore": write_tensorstore, "acquire": write_acquire}[who]
    started = write(folder, target, int(jobs))
    # Starting Python and loading libraries is not what is compared.
    print(f"seconds: {time.monotonic() - started}")
