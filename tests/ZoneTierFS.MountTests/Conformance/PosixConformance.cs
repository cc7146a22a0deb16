using Mono.Unix.Native;
using ZoneTierFS.MountTests.Fixtures;

namespace ZoneTierFS.MountTests.Conformance;

/// <summary>
/// What any program may expect of a mounted filesystem. Run against the filesystem in memory, it tests the FUSE layer; against a volume, all of
/// ZoneTierFS. Each test works in a folder of its own.
/// </summary>
public abstract partial class PosixConformance
{
    private const int MiB = 1 << 20;
    private readonly string _folder;

    protected PosixConformance(MountFixture mount)
    {
        ArgumentNullException.ThrowIfNull(mount);
        Mount = mount;
        _folder = Path.Combine(mount.Root, Guid.NewGuid().ToString("N"));
        Directory.CreateDirectory(_folder);
    }

    protected MountFixture Mount { get; }

    protected string In(string name) => Path.Combine(_folder, name);

    protected static byte[] Noise(int length, int seed)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private static Stat StatusOf(string path)
    {
        PosixFile.Check(Syscall.lstat(path, out var status));
        return status;
    }
}
