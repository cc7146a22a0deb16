using Mono.Unix.Native;
using Xunit;
using ZoneTierFS.MountTests.Fixtures;

namespace ZoneTierFS.MountTests;

/// <summary>A volume that runs full.</summary>
[Trait("Kind", "Volume")]
public sealed class VolumeSpaceTests : IDisposable
{
    private const int MiB = 1 << 20;
    private readonly MountedVolume _volume = MountedVolume.Small();

    public void Dispose() => _volume.Dispose();

    [Fact]
    public void A_full_volume_says_so_keeps_what_it_has_and_takes_new_files_after_some_are_deleted()
    {
        var first = FillWithFiles();
        Assert.InRange(first.Count, 40, 128);
        AssertWhole(first);
        foreach (var path in first)
            File.Delete(path);
        var second = FillWithFiles();
        Assert.InRange(second.Count, first.Count * 9 / 10, 128);
        AssertWhole(second);
        _volume.Remount();
        AssertWhole(second);
    }

    /// <returns>The files that were written and synced before one found no room.</returns>
    private List<string> FillWithFiles()
    {
        var whole = new List<string>();
        for (var index = 0; ; index++)
        {
            var path = Path.Combine(_volume.Root, $"file-{index}");
            var error = TryWrite(path, index);
            if (error == Errno.ENOSPC)
            {
                File.Delete(path);
                return whole;
            }
            Assert.Equal((Errno)0, error);
            whole.Add(path);
        }
    }

    private static Errno TryWrite(string path, int seed)
    {
        using var file = PosixFile.Create(path);
        var written = file.TryWriteAt(Content(seed), 0);
        return written == 0 ? PosixFile.ErrorOf(Syscall.fsync(file.Descriptor)) : written;
    }

    private static void AssertWhole(List<string> paths)
    {
        for (var index = 0; index < paths.Count; index++)
            Assert.Equal(Content(index), File.ReadAllBytes(paths[index]));
    }

    private static byte[] Content(int seed)
    {
        var bytes = new byte[MiB];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
