using Xunit;
using ZoneTierFS.MountTests.Fixtures;

namespace ZoneTierFS.MountTests;

/// <summary>A mount whose fast device is lost: what lies on the other tier is served without it.</summary>
public sealed class VolumeLostDeviceTests
{
    [Fact]
    public void Weights_are_read_from_the_mount_when_the_fast_device_is_lost()
    {
        using var volume = MountedVolume.Small();
        var weights = new byte[5_000_000];
        new Random(3).NextBytes(weights);
        "GGUF"u8.CopyTo(weights);
        Directory.CreateDirectory(Path.Combine(volume.Root, "models"));
        File.WriteAllBytes(Path.Combine(volume.Root, "models/model.gguf"), weights);
        File.WriteAllText(Path.Combine(volume.Root, "note.txt"), "on the fast tier");
        volume.Unmount();

        var fast = volume.Images.First();
        File.Move(fast, fast + ".lost");
        Assert.Contains("is missing", Assert.ThrowsAny<Exception>(() => volume.Mount()).Message, StringComparison.Ordinal);
        volume.Mount("-o", "degraded");
        Assert.Equal(weights, File.ReadAllBytes(Path.Combine(volume.Root, "models/model.gguf")));
        Assert.True(File.Exists(Path.Combine(volume.Root, "note.txt")));
        Assert.ThrowsAny<IOException>(() => File.ReadAllText(Path.Combine(volume.Root, "note.txt")));
        Assert.ThrowsAny<IOException>(() => File.WriteAllText(Path.Combine(volume.Root, "new.txt"), "refused"));
        volume.Unmount();

        File.Move(fast + ".lost", fast);
        volume.Mount();
        Assert.Equal("on the fast tier", File.ReadAllText(Path.Combine(volume.Root, "note.txt")));
        Assert.Equal(weights, File.ReadAllBytes(Path.Combine(volume.Root, "models/model.gguf")));
    }
}
