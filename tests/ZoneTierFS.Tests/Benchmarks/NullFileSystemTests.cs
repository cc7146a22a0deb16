using System.Text;
using Xunit;
using ZoneTierFS.Benchmarks.Null;
using ZoneTierFS.Fuse;
using ZoneTierFS.Linux;
using FileMode = ZoneTierFS.Linux.FileMode;

namespace ZoneTierFS.Tests.Benchmarks;

public class NullFileSystemTests
{
    private readonly NullFileSystem _fileSystem = new("model.gguf", 10_000);

    [Fact]
    public async Task Reads_end_where_the_file_does()
    {
        ulong file = (await _fileSystem.LookupAsync(1, Name("model.gguf"))).Value.Inode;
        byte[] into = new byte[4096];
        Assert.Equal(4096, (await _fileSystem.ReadAsync(file, file, 0, into, default)).Value);
        Assert.Equal(1808, (await _fileSystem.ReadAsync(file, file, 8192, into, default)).Value);
        Assert.Equal(0, (await _fileSystem.ReadAsync(file, file, 10_000, into, default)).Value);
    }

    [Fact]
    public async Task Writes_are_forgotten_but_for_the_length()
    {
        FuseCreated created = (await _fileSystem.CreateAsync(1, Name("new"), 0x1A4, LibC.O_WRONLY, default)).Value;
        ulong file = created.Status.Inode;
        Assert.Equal(100, (await _fileSystem.WriteAsync(file, created.Opened.Handle, 50, new byte[100], 0, killSetId: false, default)).Value);
        Assert.Equal(150ul, (await _fileSystem.GetStatusAsync(file)).Value.Size);
        Assert.Equal(10ul, (await _fileSystem.SetStatusAsync(file, null, new FileStatusChanges { Size = 10 }, default)).Value.Size);
    }

    [Fact]
    public async Task Names_come_and_go()
    {
        ulong folder = (await _fileSystem.MakeDirectoryAsync(1, Name("folder"), 0x1ED, default)).Value.Inode;
        Assert.True((await _fileSystem.CreateAsync(folder, Name("a"), 0x1A4, LibC.O_WRONLY, default)).IsOk);
        Assert.Equal(Errno.EEXIST, (await _fileSystem.CreateAsync(folder, Name("a"), 0x1A4, LibC.O_WRONLY, default)).Error);
        Assert.Equal(Errno.ENOTEMPTY, await _fileSystem.RemoveDirectoryAsync(1, Name("folder")));
        Assert.Equal(Errno.EISDIR, await _fileSystem.UnlinkAsync(1, Name("folder")));
        Assert.Equal(Errno.Ok, await _fileSystem.UnlinkAsync(folder, Name("a")));
        Assert.Equal(Errno.ENOENT, (await _fileSystem.LookupAsync(folder, Name("a"))).Error);
        Assert.Equal(Errno.Ok, await _fileSystem.RemoveDirectoryAsync(1, Name("folder")));
        Assert.Equal(Errno.ENAMETOOLONG, (await _fileSystem.LookupAsync(1, new byte[256])).Error);
    }

    [Fact]
    public async Task A_listing_goes_on_where_it_stopped()
    {
        foreach (string name in (string[])["a", "b", "c"])
            Assert.True((await _fileSystem.MakeNodeAsync(1, Name(name), FileMode.S_IFREG | 0x1A4, 0, default)).IsOk);
        List<string> names = [];
        ulong cookie = 0;
        for (Sink sink = new(2); cookie == 0 || sink.Names.Count > 0;)
        {
            sink = new Sink(2);
            Assert.Equal(Errno.Ok, await _fileSystem.ReadDirectoryAsync(1, cookie, sink));
            names.AddRange(sink.Names);
            cookie = sink.Names.Count > 0 ? sink.Last : cookie;
        }
        Assert.Equal([".", "..", "model.gguf", "a", "b", "c"], names);
    }

    private static byte[] Name(string name) => Encoding.Latin1.GetBytes(name);

    /// <summary>Has room for a few names.</summary>
    private sealed class Sink(int room) : IDirectorySink
    {
        public List<string> Names { get; } = [];

        public ulong Last { get; private set; }

        public bool TryAdd(ReadOnlySpan<byte> name, ulong nextCookie, in FileStatus status)
        {
            if (Names.Count == room)
                return false;
            Names.Add(Encoding.Latin1.GetString(name));
            Last = nextCookie;
            return true;
        }
    }
}
