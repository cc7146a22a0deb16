using Xunit;
using ZoneTierFS.MountTests.Fixtures;

namespace ZoneTierFS.MountTests;

/// <summary>Extended attributes, which behave as the host's do.</summary>
[Trait("Kind", "Volume")]
public sealed class VolumeXattrTests(MountedVolume mount) : IClassFixture<MountedVolume>, IDisposable
{
    private const string Capability = "0x0100000200200000000000000000000000000000";

    private readonly FolderPair _folders = new(mount);

    public void Dispose() => _folders.Dispose();

    [Fact]
    public void Errors_are_those_of_the_host() => _folders.AssertAlike($"""
        create 644 f
        setx user.a @100 f
        getx user.a f => 100 bytes, True
        setx user.a 1 f create => EEXIST
        setx user.b 1 f replace => ENODATA
        getx user.b f => ENODATA
        rmx user.b f => ENODATA
        getsmall user.a 99 f => ERANGE
        getsmall user.a 100 f
        setx user.e  f
        getx user.e f => 0x
        getsmall user.a 0 f
        setx user.{new string('n', 250)} 1 f
        getx user.{new string('n', 250)} f => 0x31
        setx user.{new string('n', 251)} 1 f => ERANGE
        setx user. 1 f => EINVAL
        setx other.a 1 f => EOPNOTSUPP
        setx plain 1 f => EOPNOTSUPP
        setx user.ä€😀 1 f
        listx f
        rmx user.a f
        rmx user.ä€😀 f
        rmx user.{new string('n', 250)} f
        listx f => user.e
        """.Replace("setx user.e  f", "setx user.e @0 f", StringComparison.Ordinal));

    [Fact]
    public void Namespaces_belong_to_whom_they_belong_elsewhere() => _folders.AssertAlike("""
        create 644 f
        mkdir 1777 d
        chmod 1777 d
        fifo 666 p
        symlink f l
        setx trusted.a 1 f
        setx security.a 1 f
        setx user.a 1 f
        setx user.a 1 p => EPERM
        setx user.a 1 l => EPERM
        getx user.a p => ENODATA
        getx user.a l => ENODATA
        setx trusted.a 1 l
        setx trusted.a 1 p
        listx l => trusted.a
        listx f => security.a trusted.a user.a
        as 1001:1001
        listx f => security.a user.a
        getx trusted.a f => ENODATA
        setx trusted.a 2 f => EPERM
        getx user.a f => 0x31
        setx user.a 2 f => EACCES
        rmx user.a f => EACCES
        setx user.a 1 d => EPERM
        setx security.a 2 f => EPERM
        as root
        chmod 600 f
        as 1001:1001
        getx user.a f => EACCES
        """);

    [Theory]
    [InlineData("write f")]
    [InlineData("truncate 1 f")]
    [InlineData("open w,trunc f")]
    [InlineData("fallocate 0 0 9 f")]
    [InlineData("fallocate 1 0 9 f")]
    [InlineData("chown 7 -1 f")]
    [InlineData("chown -1 7 f")]
    [InlineData("copy g f")]
    public void A_capability_goes_with_every_change_of_the_file(string change) => _folders.AssertAlike($"""
        create 644 g
        write g
        create 755 f
        write f
        setx security.capability {Capability} f
        getx security.capability f
        chmod 711 f
        utimens now now f
        setx user.a 1 f
        getx security.capability f
        {change}
        getx security.capability f => ENODATA
        stat f
        chmod 4755 f
        setx security.capability {Capability} f
        {change}
        getx security.capability f => ENODATA
        stat f
        """);

    [Fact]
    public void Long_values_are_kept_whole_and_too_much_is_refused()
    {
        _folders.Run($"""
            create 644 f
            setx user.long @65536 f
            getx user.long f => 65536 bytes, True
            setx user.toolong @65537 f => E2BIG
            setx user.other @65000 f
            setx user.third @1000 f => ENOSPC
            getx user.third f => ENODATA
            getsmall user.long 65535 f => ERANGE
            setx user.long @5000 f
            setx user.third @1000 f
            listx f => user.long user.other user.third
            listsmall 10 f => ERANGE
            """);
        mount.Remount();
        _folders.Run("""
            getx user.long f => 5000 bytes, True
            getx user.other f => 65000 bytes, True
            rmx user.other f
            listx f => user.long user.third
            """);
        mount.Unmount();
        mount.Check();
        mount.Mount();
    }
}
