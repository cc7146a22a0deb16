using Xunit;
using ZoneTierFS.MountTests.Fixtures;

namespace ZoneTierFS.MountTests;

/// <summary>Access times, as the kernel shows them.</summary>
[Trait("Kind", "Volume")]
public sealed class VolumeAccessTimeTests(MountedVolume mount) : IClassFixture<MountedVolume>, IDisposable
{
    private const string Reads = """
        create 644 f
        write f
        mkdir 755 d
        create 644 d/x
        symlink x l
        note f d l
        """;

    private readonly FolderPair _folders = new(mount);

    public void Dispose() => _folders.Dispose();

    [Fact]
    public void Reading_moves_them_once_after_each_change() => _folders.Run(Reads + """

        readquietly f
        changed f => f:-
        read f
        list d
        readlink l
        changed f d l => f:a d:a l:a
        note f d l
        read f
        list d
        readlink l
        changed f d l => f:- d:- l:-
        # the page cache serves the next read; that the file was opened must be enough
        write f
        note f
        read f
        changed f => f:a
        chmod 600 f
        note f
        read f
        changed f => f:a
        utimens 1000000000 omit f
        note f
        read f
        changed f => f:a
        # neither writing nor asking is reading
        note f
        write f
        open w f
        stat f
        setx user.a 1 f
        getx user.a f
        changed f => f:mc
        note f
        rename f g
        unlink g
        """);

    [Fact]
    public void Noatime_leaves_them_alone()
    {
        mount.Unmount();
        mount.Mount("-o", "noatime");
        _folders.Run(Reads + """

            read f
            list d
            readlink l
            changed f d l => f:- d:- l:-
            utimens 5 omit f
            changed f => f:ac
            """);
        mount.Remount();
    }
}
