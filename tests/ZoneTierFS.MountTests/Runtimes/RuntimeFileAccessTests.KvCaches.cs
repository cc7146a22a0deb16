using Mono.Unix.Native;
using Xunit;
using ZoneTierFS.Linux;
using ZoneTierFS.MountTests.Fixtures;
using Errno = Mono.Unix.Native.Errno;

namespace ZoneTierFS.MountTests.Runtimes;

/// <summary>KV caches: blocks that come, are read, and go.</summary>
public sealed partial class RuntimeFileAccessTests
{
    private const string Hash = "d7a8fbb307d7809469ca9abcb0082e4f8d5651e46d3cdb762d02d0bf37c9e59";

    [Fact]
    public void Vllm_finds_out_that_direct_io_works()
    {
        var probe = In("kv/.o_direct_probe_0.tmp");
        using var memory = Aligned(Noise(PageBytes, seed: 1));
        using (var file = PosixFile.Open(probe, OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_TRUNC | Direct))
            Assert.Equal(PageBytes, file.WriteOnce(memory.GetSpan()));
        Assert.Equal(Noise(PageBytes, seed: 1), File.ReadAllBytes(probe));
        File.Delete(probe);
    }

    [Theory]
    [InlineData(8 * MiB)]
    [InlineData(3 * MiB + 5 * PageBytes)]
    [InlineData(MiB + 512)]
    public void Vllm_stores_a_block_in_one_call_and_loads_it_in_one(int length)
    {
        var path = VllmBlock(0);
        using var memory = Aligned(Noise(length, seed: length));
        StoreVllm(path, memory);
        Assert.Equal(length, new FileInfo(path).Length);
        Assert.Equal(("kv", "tlc"), (ClassOf(path), TierOf(path)));
        Assert.Equal(Noise(length, seed: length), LoadVllm(path, length));
        using var file = PosixFile.Open(path, OpenFlags.O_RDONLY);
        file.DropCache();
        Assert.Equal(Noise(length, seed: length), LoadVllm(path, length));
        Assert.Empty(Directory.GetFiles(Path.GetDirectoryName(path)!, "*.tmp"));
    }

    [Fact]
    public void Vllm_creates_its_temporary_file_only_once()
    {
        var path = VllmBlock(0) + "_42.tmp";
        PosixFile.Open(path, OpenFlags.O_WRONLY | New | OpenFlags.O_TRUNC | Direct).Dispose();
        Assert.Equal("scratch", ClassOf(path));
        Assert.Equal(Errno.EEXIST, PosixFile.ErrorOf(Syscall.open(path, OpenFlags.O_WRONLY | New | Direct, (FilePermissions)0x1A4)));
    }

    /// <summary>16 threads store, 16 look blocks up in batches and load what is there: a block is whole or missing.</summary>
    [Fact]
    public void Vllm_readers_and_writers_share_a_folder()
    {
        const int Blocks = 64;
        const int Length = 40 * PageBytes;
        var paths = Enumerable.Range(0, Blocks).Select(VllmBlock).ToArray();
        OnThreads(32, thread =>
        {
            if (thread < 16)
            {
                for (var block = thread; block < Blocks; block += 16)
                {
                    using var memory = Aligned(Noise(Length, seed: block));
                    StoreVllm(paths[block], memory);
                }
                return;
            }
            for (var missing = paths.ToHashSet(); missing.Count > 0;)
            {
                foreach (var found in missing.Where(path => PosixFile.Access(path, 0) == 0).ToArray())
                {
                    Assert.Equal(Noise(Length, seed: Array.IndexOf(paths, found)), LoadVllm(found, Length));
                    missing.Remove(found);
                }
                Thread.Yield();
            }
        });
        Assert.Equal(Blocks, Directory.GetFiles(Path.GetDirectoryName(paths[0])!).Length);
    }

    [Fact]
    public void A_block_that_is_dropped_while_it_is_loaded_stays_whole_for_its_reader()
    {
        var path = VllmBlock(0);
        using var memory = Aligned(Noise(2 * MiB, seed: 5));
        StoreVllm(path, memory);
        using var file = PosixFile.Open(path, OpenFlags.O_RDONLY | Direct);
        file.Fsync();
        using AlignedMemory first = new(MiB), second = new(MiB);
        Assert.Equal(MiB, file.ReadVector(first));
        File.Delete(path);
        Assert.Equal(Errno.ENOENT, PosixFile.Access(path, 0));
        Assert.Equal(MiB, file.ReadVector(second));
        byte[] read = [.. first.GetSpan(), .. second.GetSpan()];
        Assert.Equal(Noise(2 * MiB, seed: 5), read);
    }

    [Theory]
    [InlineData(64 * PageBytes)]
    [InlineData(64 * PageBytes + 100)]
    public void Lmcache_bypasses_the_cache_when_the_size_allows_it(int length)
    {
        var path = In($"lmcache/vllm@llama@1@0@{length:x}.pt");
        PosixFile.Check(Syscall.statvfs(_volume.Root, out var space));
        Assert.Equal((ulong)PageBytes, space.f_bsize);
        var direct = length % (int)space.f_bsize == 0 ? Direct : 0;
        using var memory = Aligned(Noise(length, seed: 6));
        using (var file = PosixFile.Open(path, OpenFlags.O_WRONLY | OpenFlags.O_CREAT | direct))
            Assert.Equal(length, file.WriteOnce(memory.GetSpan()));
        memory.GetSpan().Clear();
        using (var file = PosixFile.Open(path, OpenFlags.O_RDONLY | direct))
            Assert.Equal(length, file.ReadOnce(memory.GetSpan()));
        Assert.Equal(Noise(length, seed: 6), memory.GetSpan().ToArray());
        Assert.Equal(("kv", "tlc"), (ClassOf(path), TierOf(path)));
        File.Delete(path);
    }

    [Fact]
    public void Sglang_fills_one_flat_folder_and_lists_it()
    {
        const int Pages = 2000;
        var folder = Path.GetDirectoryName(In("hicache/x"))!;
        string Name(int page) => $"{page:x8}{Hash[..56]}_llama_0_2.bin";
        OnThreads(4, thread =>
        {
            for (var page = thread; page < Pages; page += 4)
            {
                var temporary = Path.Combine(folder, $"{Name(page)}.tmp.4711.{thread}.{Guid.NewGuid():N}");
                using (var file = PosixFile.Open(temporary, OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_TRUNC))
                    file.Write(BitConverter.GetBytes(page));
                Replace(temporary, Path.Combine(folder, Name(page)));
            }
        });
        Assert.Equal(Enumerable.Range(0, Pages).Select(Name), Directory.EnumerateFiles(folder).Select(Path.GetFileName).Order(StringComparer.Ordinal)!);
        for (var page = 0; page < Pages; page += 97)
            Assert.Equal(BitConverter.GetBytes(page), File.ReadAllBytes(Path.Combine(folder, Name(page))));
        Assert.Equal("kv", ClassOf(Path.Combine(folder, Name(7))));
    }

    [Fact]
    public void Mooncake_reads_pieces_of_a_bucket_directly()
    {
        var path = In("mooncake/1735689600123456.bucket");
        using (var bucket = PosixFile.Create(path))
        {
            for (var part = 0; part < 16; part++)
                bucket.Write(Noise(MiB, seed: part));
        }
        File.WriteAllText(path[..^".bucket".Length] + ".meta", "{}");
        using var file = PosixFile.Open(path, OpenFlags.O_RDONLY | Direct);
        using var memory = new AlignedMemory(3 * PageBytes);
        for (var part = 0; part < 16; part += 5)
        {
            Assert.Equal(memory.Length, file.ReadInto(memory.GetSpan(), part * (long)MiB + PageBytes));
            Assert.Equal(Noise(MiB, seed: part)[PageBytes..(4 * PageBytes)], memory.GetSpan().ToArray());
        }
        Assert.Equal("kv", ClassOf(path));
        Assert.Equal(16 * MiB, file.Status().st_blocks * 512);
    }

    [Fact]
    public void Mooncake_rewrites_slots_of_a_store_that_it_allocated_before()
    {
        const int Slot = 256 * 1024;
        var path = In("mooncake/kv_cache.data");
        using var file = PosixFile.Open(path, OpenFlags.O_RDWR | OpenFlags.O_CREAT | Direct);
        Assert.Equal((Errno)0, file.Allocate(0, 0, 32 * MiB));
        Assert.Equal(32 * MiB, file.Status().st_size);
        for (var round = 0; round < 3; round++)
        {
            for (var slot = 0; slot < 32; slot += 1 + round)
            {
                using var memory = Aligned(Noise(Slot, seed: slot + round));
                file.WriteAt(memory.GetSpan(), slot * (long)MiB);
            }
        }
        using var read = new AlignedMemory(Slot);
        Assert.Equal(Slot, file.ReadInto(read.GetSpan(), 6 * (long)MiB));
        Assert.Equal(Noise(Slot, seed: 8), read.GetSpan().ToArray());
        Assert.Equal(Slot, file.ReadInto(read.GetSpan(), MiB));
        Assert.Equal(Noise(Slot, seed: 1), read.GetSpan().ToArray());
        Assert.Equal(Slot, file.ReadInto(read.GetSpan(), MiB + Slot));
        Assert.Equal(new byte[Slot], read.GetSpan().ToArray());
        Assert.Equal(("kv", "tlc"), (ClassOf(path), TierOf(path)));
    }

    /// <summary>The C library's buffered output, and no fsync.</summary>
    [Fact]
    public void Llama_saves_and_restores_a_slot()
    {
        var path = In("slots/slot-0");
        byte[] state = [.. "qsgg\u0002\0\0\0"u8, .. Noise(3 * MiB + 77, seed: 9)];
        for (var round = 0; round < 2; round++)
        {
            var stream = Stdlib.fopen(path, "wb");
            Assert.NotEqual(0, stream);
            for (var offset = 0; offset < state.Length; offset += 10_000)
            {
                var part = state[offset..Math.Min(state.Length, offset + 10_000)];
                Assert.Equal((ulong)part.Length, Stdlib.fwrite(part, 1, (ulong)part.Length, stream));
            }
            Assert.Equal(0, Stdlib.fclose(stream));
            Assert.Equal(state, File.ReadAllBytes(path));
        }
        Assert.Equal(("kv", "tlc"), (ClassOf(path), TierOf(path)));
    }

    private string VllmBlock(int number) => In($"kv/meta-llama_Llama-3.1-8B_0123456789ab_r0/d7a/8f_g0/{Hash}{number:x2}.bin");

    private static void StoreVllm(string path, AlignedMemory block)
    {
        var temporary = $"{path}_{Environment.CurrentManagedThreadId}4711.tmp";
        using (var file = PosixFile.Open(temporary, OpenFlags.O_WRONLY | New | OpenFlags.O_TRUNC | Direct))
            Assert.Equal(block.Length, file.WriteOnce(block.GetSpan()));
        Replace(temporary, path);
    }

    /// <summary>One readv into tensors of four layers; the file may end within the last.</summary>
    private static byte[] LoadVllm(string path, int length)
    {
        var part = (length / 4 + PageBytes - 1) / PageBytes * PageBytes;
        using AlignedMemory first = new(part), second = new(part), third = new(part), fourth = new(part);
        using var file = PosixFile.Open(path, OpenFlags.O_RDONLY | Direct);
        Assert.Equal(length, file.ReadVector(first, second, third, fourth));
        return [.. first.GetSpan(), .. second.GetSpan(), .. third.GetSpan(), .. fourth.GetSpan()[..(length - 3 * part)]];
    }
}
