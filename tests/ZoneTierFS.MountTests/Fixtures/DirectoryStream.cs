using System.Runtime.InteropServices;
using Mono.Unix.Native;

namespace ZoneTierFS.MountTests.Fixtures;

/// <summary>A directory that is read entry by entry, and from places that were noted before.</summary>
internal sealed partial class DirectoryStream(string path) : IDisposable
{
    private readonly nint _stream = Opened(Syscall.opendir(path));

    /// <summary>The next name, "." and ".." among them; null at the end.</summary>
    public string? Next()
    {
        var entry = new Dirent();
        PosixFile.Check(Syscall.readdir_r(_stream, entry, out var found));
        return found == 0 ? null : entry.d_name;
    }

    /// <summary>All names from here on, but for "." and "..".</summary>
    public List<string> Rest()
    {
        var names = new List<string>();
        while (Next() is { } name)
            if (name is not ("." or ".."))
                names.Add(name);
        return names;
    }

    public nint Tell() => telldir(_stream);

    public void Seek(nint place) => seekdir(_stream, place);

    public void Rewind() => rewinddir(_stream);

    public void Dispose() => PosixFile.Check(Syscall.closedir(_stream));

    private static nint Opened(nint stream) => stream != 0 ? stream : throw new Mono.Unix.UnixIOException(Stdlib.GetLastError());

    [LibraryImport("libc")]
    private static partial nint telldir(nint stream);

    [LibraryImport("libc")]
    private static partial void seekdir(nint stream, nint place);

    [LibraryImport("libc")]
    private static partial void rewinddir(nint stream);
}
