using Mono.Unix.Native;
using ZoneTierFS.MountTests.Fixtures;

namespace ZoneTierFS.MountTests.Crash;

/// <summary>Synced files that leave so little room that the daemon has to clean. They are verified like everything.</summary>
internal sealed class CrashBallast(string folder)
{
    private const int FileBytes = 1 << 20;
    private const ulong RoomLeft = 6 << 20;

    /// <summary>Of its own: no recorder's tag.</summary>
    private const ulong FirstTag = 0xFFUL << 56;

    private readonly List<(string Path, ulong Tag)> _files = [];
    private ulong _made;

    public void Fill()
    {
        while (Room() > RoomLeft)
        {
            var (path, tag) = (Path.Combine(folder, $"{_made}"), FirstTag | _made);
            _made++;
            using var file = PosixFile.Create(path);
            if (file.TryWriteAt(CrashContent.Of(tag, FileBytes), 0) is var error && error != 0)
                throw new InvalidOperationException($"{path} does not fit, with {Room()} bytes free: {error}");
            file.Fsync();
            _files.Add((path, tag));
        }
    }

    public void Drop()
    {
        foreach (var (path, _) in _files) File.Delete(path);
        _files.Clear();
        using var directory = PosixFile.Open(folder, OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY);
        directory.Fsync();
    }

    /// <returns>Null where all is there, or else what is not.</returns>
    public string? Verify()
    {
        var broken = _files.FirstOrDefault(file => !File.ReadAllBytes(file.Path).AsSpan().SequenceEqual(CrashContent.Of(file.Tag, FileBytes)));
        if (broken.Path is not null) return $"{broken.Path} is not what was synced";
        return Directory.GetFiles(folder).Length == _files.Count ? null : "a removed file is back";
    }

    private ulong Room()
    {
        PosixFile.Check(Syscall.statvfs(folder, out var space));
        return space.f_bavail * space.f_frsize;
    }
}
