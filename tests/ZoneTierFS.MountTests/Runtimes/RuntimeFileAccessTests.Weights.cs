using System.Text;
using Mono.Unix.Native;
using Xunit;
using ZoneTierFS.Linux;
using ZoneTierFS.MountTests.Fixtures;

namespace ZoneTierFS.MountTests.Runtimes;

/// <summary>Weights: downloaded, saved, linked, and loaded.</summary>
public sealed partial class RuntimeFileAccessTests
{
    [Fact]
    public void Ollama_downloads_parts_of_a_blob_at_the_same_time()
    {
        const int Parts = 8;
        const int PartBytes = 2 * MiB + 12_345;
        var content = Gguf(Parts * PartBytes, seed: 1);
        var blob = In("blobs/sha256-" + Sha256(content).ToLowerInvariant());
        using (var partial = PosixFile.Open(blob + "-partial", OpenFlags.O_CREAT | OpenFlags.O_RDWR))
        {
            partial.Truncate(content.Length);
            Assert.Equal(content.Length, partial.Status().st_size);
            Assert.InRange(partial.Status().st_blocks, 0, 8);
            Assert.Equal("scratch", ClassOf(blob + "-partial"));
            OnThreads(Parts, part =>
            {
                for (var done = 0; done < PartBytes; done += 100_000)
                {
                    var offset = part * PartBytes + done;
                    partial.WriteAt(content.AsSpan(offset, Math.Min(100_000, PartBytes - done)), offset);
                    if (done % 500_000 == 0)
                        File.WriteAllText($"{blob}-partial-{part}", $$"""{"N":{{part}},"Completed":{{done}}}""");
                }
            });
        }
        Assert.Equal("weights", ClassOf(blob + "-partial"));
        for (var part = 0; part < Parts; part++)
            File.Delete($"{blob}-partial-{part}");
        Replace(blob + "-partial", blob);
        Assert.Equal(Path.GetFileName(blob), "sha256-" + Sha256(File.ReadAllBytes(blob)).ToLowerInvariant());
        Assert.Equal("weights", ClassOf(blob));
        Assert.Equal("file starts with the GGUF magic", AttributeOf(blob, "class.reason"));
        Assert.Equal([blob], Directory.GetFiles(Path.GetDirectoryName(blob)!));
    }

    [Fact]
    public void Safetensors_are_saved_over_a_file_that_another_process_has_mapped()
    {
        var path = In("model/model.safetensors");
        var (old, renewed) = (Safetensors(6 * MiB, seed: 2), Safetensors(5 * MiB + 3, seed: 3));
        File.WriteAllBytes(path, old);
        using (var file = PosixFile.Open(path, OpenFlags.O_RDONLY))
            file.DropCache();
        using var mapper = TestProcess.StartSelf("map", path, Sha256(old));
        mapper.WaitForLine(Program.Ready);
        var temporary = In("model/.tmpA1b2C3");
        File.WriteAllBytes(temporary, renewed);
        Replace(temporary, path);
        Assert.Equal(renewed, File.ReadAllBytes(path));
        Assert.Equal("same", mapper.Ask("go on"));
        using (var file = PosixFile.Open(path, OpenFlags.O_RDONLY))
        {
            Assert.Equal(renewed[..8], file.ReadAt(8, 0));
            Assert.Equal(renewed[^1000..], file.ReadAt(5000, renewed.Length - 1000));
        }
        Assert.Equal("weights", ClassOf(path));
        Assert.Equal([path], Directory.GetFiles(Path.GetDirectoryName(path)!));
    }

    [Fact]
    public void Hugging_face_locks_really_exclude_other_processes()
    {
        var path = In("hub/.locks/models--org--name/0123456789abcdef.lock");
        File.WriteAllBytes(path, new byte[4]);
        var (one, other) = (TestProcess.StartSelf("count-locked", path, "200"), TestProcess.StartSelf("count-locked", path, "200"));
        using (one)
        using (other)
        {
            Assert.Equal((0, 0), (one.WaitForExit().ExitCode, other.WaitForExit().ExitCode));
        }
        Assert.Equal(400, BitConverter.ToInt32(File.ReadAllBytes(path)));
        using var file = PosixFile.Open(path, OpenFlags.O_RDWR);
        Assert.Equal((Mono.Unix.Native.Errno)0, file.TryFlock());
        Assert.Equal((int)Mono.Unix.Native.Errno.EAGAIN, TestProcess.RunSelf("try-flock", path));
    }

    [Fact]
    public void Hugging_face_links_snapshots_to_blobs()
    {
        const string Commit = "2fd4e1c67a2d28fced849ee1bb76e7391b93eb12";
        var content = Safetensors(2 * MiB, seed: 4);
        var blob = In($"hub/models--org--name/blobs/{Sha256(content).ToLowerInvariant()}");
        using (var file = PosixFile.Open(blob + ".incomplete", OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_APPEND))
        {
            for (var offset = 0; offset < content.Length; offset += MiB)
                file.Write(content.AsSpan(offset, Math.Min(MiB, content.Length - offset)));
        }
        Replace(blob + ".incomplete", blob);
        var link = In($"hub/models--org--name/snapshots/{Commit}/model.safetensors");
        PosixFile.Check(Syscall.symlink($"../../blobs/{Path.GetFileName(blob)}", link));
        var reference = In("hub/models--org--name/refs/main");
        File.WriteAllText(reference, "0000");
        File.WriteAllText(reference + ".tmp", Commit);
        Replace(reference + ".tmp", reference);
        Assert.Equal(Commit, File.ReadAllText(reference));
        Assert.Equal(content, File.ReadAllBytes(link));
        Assert.Equal([link], Directory.GetFileSystemEntries(Path.GetDirectoryName(link)!));
        Assert.Equal("weights", ClassOf(blob));
        PosixFile.Check(Syscall.lstat(link, out var status));
        Assert.Equal(FilePermissions.S_IFLNK, status.st_mode & FilePermissions.S_IFMT);
    }

    [Fact]
    public void Llama_maps_a_model_and_says_how_it_will_read()
    {
        var path = In("models/llama-Q4_K_M.gguf");
        var content = Gguf(9 * MiB + 321, seed: 5);
        File.WriteAllBytes(path, content);
        Assert.Equal(("weights", "qlc"), (ClassOf(path), TierOf(path)));
        using var file = PosixFile.Open(path, OpenFlags.O_RDONLY);
        file.DropCache();
        PosixFile.Check(Syscall.posix_fadvise(file.Descriptor, 0, 0, PosixFadviseAdvice.POSIX_FADV_SEQUENTIAL));
        Assert.Equal("GGUF"u8.ToArray(), file.ReadAt(4, 0));
        using var map = new FileMap(file, content.Length, shared: true, writable: false, populate: true);
        map.Advise(PosixMadviseAdvice.POSIX_MADV_WILLNEED);
        map.Advise(PosixMadviseAdvice.POSIX_MADV_RANDOM);
        Assert.Equal(Sha256(content), Sha256(map.Span.ToArray()));
    }

    /// <summary>Reads of whole blocks into aligned memory, from which the tensor is cut.</summary>
    [Fact]
    public void Llama_loads_tensors_directly_by_the_files_block_size()
    {
        var path = In("models/direct.gguf");
        var content = Gguf(5 * MiB + 321, seed: 6);
        File.WriteAllBytes(path, content);
        using var file = PosixFile.Open(path, OpenFlags.O_RDONLY | Direct);
        var alignment = (int)file.Status().st_blksize;
        Assert.Equal(PageBytes, alignment);
        var random = new Random(7);
        for (var tensor = 0; tensor < 20; tensor++)
        {
            var offset = random.Next(content.Length);
            var length = random.Next(content.Length - offset) + 1;
            var start = offset / alignment * alignment;
            var end = (offset + length + alignment - 1) / alignment * alignment;
            using var memory = new AlignedMemory(end - start);
            Assert.InRange(file.ReadInto(memory.GetSpan(), start), offset + length - start, end - start);
            Assert.Equal(content.AsSpan(offset, length), memory.GetSpan().Slice(offset - start, length));
        }
    }
}
