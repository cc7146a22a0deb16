using Mono.Unix.Native;
using Xunit;
using ZoneTierFS.MountTests.Fixtures;

namespace ZoneTierFS.MountTests.Conformance;

/// <summary>Memory maps: how runtimes load weights.</summary>
public abstract partial class PosixConformance
{
    [Fact]
    public void A_shared_map_shows_the_file_and_its_changes_reach_it()
    {
        var bytes = Noise(2 * MiB + 100, seed: 22);
        using var file = PosixFile.Create(In("f"));
        file.WriteAt(bytes, 0);
        file.DropCache();
        using var map = new FileMap(file, bytes.Length, shared: true, writable: true);
        Assert.Equal(bytes, map.Span.ToArray());
        Noise(100_000, seed: 23).CopyTo(map.Span[4321..]);
        Noise(100_000, seed: 23).CopyTo(bytes, 4321);
        map.Sync();
        file.DropCache();
        Assert.Equal(bytes, file.ReadAt(bytes.Length, 0));
        Assert.Equal(bytes.Length, file.Status().st_size);
    }

    [Fact]
    public void Writes_are_seen_through_a_map()
    {
        using var file = PosixFile.Create(In("f"));
        file.Truncate(MiB);
        using var map = new FileMap(file, MiB, shared: true, writable: false);
        Assert.Equal(0, map.Span[5000]);
        file.WriteAt("seen"u8, 5000);
        Assert.Equal("seen"u8.ToArray(), map.Span.Slice(5000, 4).ToArray());
    }

    [Fact]
    public void A_private_map_keeps_its_changes_to_itself()
    {
        var bytes = Noise(MiB, seed: 24);
        File.WriteAllBytes(In("f"), bytes);
        using var file = PosixFile.Open(In("f"), OpenFlags.O_RDONLY);
        using (var map = new FileMap(file, MiB, shared: false, writable: true))
        {
            Assert.Equal(bytes, map.Span.ToArray());
            map.Span.Clear();
        }
        Assert.Equal(bytes, File.ReadAllBytes(In("f")));
    }

    [Fact]
    public void A_map_outlives_its_descriptor_and_its_name()
    {
        var bytes = Noise(MiB, seed: 25);
        File.WriteAllBytes(In("f"), bytes);
        var file = PosixFile.Open(In("f"), OpenFlags.O_RDWR);
        file.DropCache();
        using var map = new FileMap(file, MiB, shared: true, writable: true);
        file.Dispose();
        File.Delete(In("f"));
        Assert.Equal(bytes, map.Span.ToArray());
        map.Span[0]++;
        map.Sync();
    }
}
