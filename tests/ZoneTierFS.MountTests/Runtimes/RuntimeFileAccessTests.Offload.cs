using System.IO.Compression;
using System.Text;
using Mono.Unix.Native;
using Xunit;
using ZoneTierFS.Linux;
using ZoneTierFS.MountTests.Fixtures;

namespace ZoneTierFS.MountTests.Runtimes;

/// <summary>Tensors that are moved out of memory and back, and checkpoints.</summary>
public sealed partial class RuntimeFileAccessTests
{
    private const int NumpyHeader = 128;

    /// <summary>A file of memory is opened again for each copy; sometimes what was written is synced, sometimes not.</summary>
    [Fact]
    public void Flexgen_copies_through_maps_that_it_opens_again_and_again()
    {
        const int Length = NumpyHeader + 3 * MiB;
        var path = In("flexgen_offload_dir/t_42");
        var expected = new byte[Length];
        var header = "?NUMPY\u0001\0v\0{'descr': '|u1', 'fortran_order': False, 'shape': (3145728,), }";
        Encoding.ASCII.GetBytes(header.PadRight(NumpyHeader - 1) + "\n").CopyTo(expected, 0);
        expected[0] = 0x93;
        using (var file = PosixFile.Open(path, OpenFlags.O_RDWR | OpenFlags.O_CREAT | OpenFlags.O_TRUNC))
        {
            file.WriteAt(expected.AsSpan(0, NumpyHeader), 0);
            file.Truncate(Length);
        }
        var random = new Random(8);
        for (var copy = 0; copy < 30; copy++)
        {
            using var file = PosixFile.Open(path, OpenFlags.O_RDWR);
            using var map = new FileMap(file, Length, shared: true, writable: true);
            var length = random.Next(1, 300_000);
            var offset = random.Next(NumpyHeader, Length - length);
            Noise(length, seed: copy).CopyTo(expected, offset);
            Noise(length, seed: copy).CopyTo(map.Span[offset..]);
            if (copy % 3 == 0)
                map.Sync();
        }
        Assert.Equal(expected, File.ReadAllBytes(path));
        Assert.Equal(("scratch", "tlc"), (ClassOf(path), TierOf(path)));
        _volume.Remount();
        Assert.Equal(expected, File.ReadAllBytes(path));
    }

    /// <summary>Aligned to 512 bytes only, as a disk with such sectors allows it; the file is written over again, never truncated.</summary>
    [Theory]
    [InlineData(4 * MiB)]
    [InlineData(3 * MiB + 3 * 512)]
    [InlineData(512)]
    public void Deepspeed_swaps_tensors_with_asynchronous_direct_io(int length)
    {
        var path = In("zero_stage_3/optimizer/rank0/140001_param.tensor.swp");
        using var io = new KernelAio(depth: 8);
        for (var step = 0; step < 3; step++)
        {
            using var memory = Aligned(Noise(length, seed: step));
            using (var file = PosixFile.Open(path, OpenFlags.O_RDWR | OpenFlags.O_CREAT | Direct))
                io.Transfer(file, memory, MiB, write: true);
            Assert.Equal(length, new FileInfo(path).Length);
            memory.GetSpan().Clear();
            using (var file = PosixFile.Open(path, OpenFlags.O_RDONLY | Direct))
                io.Transfer(file, memory, MiB, write: false);
            Assert.Equal(Noise(length, seed: step), memory.GetSpan().ToArray());
        }
        Assert.Equal(("optimizer", "tlc"), (ClassOf(path), TierOf(path)));
    }

    [Fact]
    public void Direct_io_takes_memory_and_offsets_of_512_bytes()
    {
        using var file = PosixFile.Open(In("f.tensor.swp"), OpenFlags.O_RDWR | OpenFlags.O_CREAT | Direct);
        using var memory = Aligned(Noise(3 * PageBytes, seed: 9));
        file.WriteAt(memory.GetSpan()[512..(5 * 512)], 3 * 512);
        file.WriteAt(memory.GetSpan()[1024..(1024 + PageBytes)], 7 * 512);
        Assert.Equal(7 * 512 + PageBytes, file.Status().st_size);
        memory.GetSpan().Slice(PageBytes, 2 * PageBytes).Clear();
        Assert.Equal(4 * 512 + PageBytes, file.ReadInto(memory.GetSpan()[PageBytes..^512], 3 * 512));
        var expected = Noise(3 * PageBytes, seed: 9);
        byte[] both = [.. expected[512..(5 * 512)], .. expected[1024..(1024 + PageBytes)]];
        Assert.Equal(both, memory.GetSpan().Slice(PageBytes, 4 * 512 + PageBytes).ToArray());
    }

    [Fact]
    public void Accelerate_offloads_weights_to_maps_and_reads_them_back()
    {
        var path = In("offload/model.layers.0.weight.dat");
        using (var file = PosixFile.Open(path, OpenFlags.O_RDWR | OpenFlags.O_CREAT | OpenFlags.O_TRUNC))
        {
            file.WriteAt([0], 2 * MiB - 1);
            using var map = new FileMap(file, 2 * MiB, shared: true, writable: true);
            Noise(2 * MiB, seed: 10).CopyTo(map.Span);
            map.Sync();
        }
        File.WriteAllText(In("offload/index.json"), """{"model.layers.0.weight":{"dtype":"uint8","shape":[2097152]}}""");
        using var reader = PosixFile.Open(path, OpenFlags.O_RDONLY);
        reader.DropCache();
        using var read = new FileMap(reader, 2 * MiB, shared: true, writable: false);
        Assert.Equal(Noise(2 * MiB, seed: 10), read.Span.ToArray());
        Assert.Equal(2 * MiB, reader.Status().st_size);
        Assert.Equal("tlc", TierOf(path));
    }

    [Fact]
    public void Torch_saves_a_checkpoint_beside_the_old_one_and_replaces_it()
    {
        var path = In("run/checkpoint.pt");
        for (var epoch = 0; epoch < 3; epoch++)
        {
            using (var archive = new ZipArchive(File.Create(path + ".tmp"), ZipArchiveMode.Create))
            {
                using var data = archive.CreateEntry("checkpoint/data/0", CompressionLevel.NoCompression).Open();
                data.Write(Noise(3 * MiB, seed: epoch));
            }
            using (var file = PosixFile.Open(path + ".tmp", OpenFlags.O_RDONLY))
                file.Fsync();
            Replace(path + ".tmp", path);
            using (var folder = PosixFile.Open(Path.GetDirectoryName(path)!, OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY))
                folder.Fsync();
            using var saved = ZipFile.OpenRead(path);
            using var content = new MemoryStream();
            using (var entry = saved.GetEntry("checkpoint/data/0")!.Open())
                entry.CopyTo(content);
            Assert.Equal(Noise(3 * MiB, seed: epoch), content.ToArray());
        }
        Assert.Equal(("checkpoint", "tlc"), (ClassOf(path), TierOf(path)));
    }
}
