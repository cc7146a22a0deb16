using Xunit;
using ZoneTierFS.MountTests.Fixtures;

namespace ZoneTierFS.MountTests;

/// <summary>POSIX access control lists, set and shown by setfacl and getfacl, and enforced for other users; the same on the mount and on the host.</summary>
[Trait("Kind", "Volume")]
public sealed class VolumeAccessControlTests : IClassFixture<MountedVolume>, IDisposable
{
    private readonly MountedVolume _volume;
    private readonly FolderPair _folders;

    public VolumeAccessControlTests(MountedVolume volume)
    {
        _volume = volume;
        _folders = new FolderPair(volume);
    }

    public void Dispose() => _folders.Dispose();

    [Fact]
    public void A_list_grants_and_denies() => _folders.AssertAlike("""
        create 640 f
        as 1001:1001
        open r f => EACCES
        as root
        sh setfacl -m u:1001:rw,u:1003:-,g:2000:r f
        sh getfacl -n f
        stat f => 100660 0:0 links=1 size=0
        listx f => system.posix_acl_access
        as 1001:1001
        open rw f
        access 6 f
        access 1 f => EACCES
        as 1002:1002
        open r f => EACCES
        as 1002:2000
        open r f
        open w f => EACCES
        as 1002:1002,2000
        open r f
        as 1003:1003,2000
        open r f => EACCES
        as 1001:1001
        sh setfacl -m u:1002:rw f => exit 1: setfacl: f: Operation not permitted
        sh getfacl -n f
        as root
        sh setfacl -x u:1001 f
        as 1001:1001
        open r f => EACCES
        as root
        sh setfacl -b f
        stat f
        listx f => none
        as 1002:2000
        open r f => EACCES
        """);

    [Fact]
    public void Mode_and_list_are_kept_in_step() => _folders.AssertAlike("""
        create 644 f
        sh setfacl -m u:1001:rwx,g:2000:rx f
        stat f => 100674 0:0 links=1 size=0
        chmod 640 f
        sh getfacl -n f
        as 1001:1001
        open r f
        open w f => EACCES
        as root
        chmod 606 f
        sh getfacl -n f
        # without any right for the group the list is not looked at
        as 1001:1001
        open rw f
        as root
        chmod 4777 f
        sh getfacl -n f
        sh setfacl -m m::r f
        stat f => 104747 0:0 links=1 size=0
        as 1001:1001
        open r f
        open w f => EACCES
        as root
        sh setfacl -m o::- f
        stat f
        sh setfacl --set u::rw,g::r,o::- f
        stat f => 104640 0:0 links=1 size=0
        listx f => none
        note f
        sh setfacl -m u:1001:r f
        changed f => f:c
        note f
        chmod 600 f
        changed f => f:c
        """);

    [Fact]
    public void A_default_list_is_handed_down_in_the_umask_s_place() => _folders.AssertAlike("""
        mkdir 755 d
        sh setfacl -d -m u:1001:rwx,g:2000:rx,o::- d
        sh getfacl -n d
        stat d => 40755 0:0 links=2
        umask 077
        create 666 d/f
        mkdir 777 d/s
        mkdir 2700 d/t
        fifo 644 d/p
        symlink x d/l
        stat d/f => 100660 0:0 links=1 size=0
        stat d/s => 40770 0:0 links=2
        stat d/t
        stat d/p
        stat d/l
        sh getfacl -n d/f d/s d/t d/p
        listx d/f => system.posix_acl_access
        listx d/s => system.posix_acl_access system.posix_acl_default
        listx d/l => none
        create 666 d/s/deep
        sh getfacl -n d/s/deep
        as 1001:1001
        open rw d/f
        create 644 d/s/own
        stat d/s/own
        as 1002:1002
        open r d/f => EACCES
        list d/s => EACCES
        as root
        sh setfacl -k d
        listx d => none
        create 666 d/g
        stat d/g => 100600 0:0 links=1 size=0
        link d/f d/f2
        rename d/f d/f3
        sh getfacl -n d/f3
        # a list without named entries stays the mode alone
        sh setfacl -d -m u::rw,g::r,o::- d
        create 777 d/h
        stat d/h => 100640 0:0 links=1 size=0
        listx d/h => none
        """);

    [Fact]
    public void What_is_no_list_and_has_no_place_is_refused() => _folders.AssertAlike("""
        create 644 f
        symlink f l
        mkdir 755 d
        setx system.posix_acl_access 0x0200 f => EINVAL
        setx system.posix_acl_access 0x03000000 f => EOPNOTSUPP
        setx system.posix_acl_access 0x0200000001000700FFFFFFFF04000700FFFFFFFF f => EINVAL
        setx system.posix_acl_access 0x0200000001000700FFFFFFFF02000700E903000004000700FFFFFFFF20000000FFFFFFFF f => EINVAL
        setx system.posix_acl_access 0x0200000001000800FFFFFFFF04000700FFFFFFFF20000000FFFFFFFF f => EINVAL
        setx system.posix_acl_access 0x0200000001000600FFFFFFFF04000400FFFFFFFF20000000FFFFFFFF l => EOPNOTSUPP
        setx system.posix_acl_default 0x0200000001000600FFFFFFFF04000400FFFFFFFF20000000FFFFFFFF f => EACCES
        getx system.posix_acl_access f => ENODATA
        rmx system.posix_acl_access f
        rmx system.posix_acl_default d
        setx system.posix_acl_access 0x0200000001000600FFFFFFFF04000400FFFFFFFF20000000FFFFFFFF f
        stat f => 100640 0:0 links=1 size=0
        setx system.other 1 f => EOPNOTSUPP
        getx system.other f => EOPNOTSUPP
        rmx system.other f => EOPNOTSUPP
        """);

    [Fact]
    public void Who_is_not_of_the_group_loses_set_group_id_with_a_list() => _folders.AssertAlike("""
        create 755 f
        chown 1001 3000 f
        chmod 2755 f
        as 1001:1001
        sh setfacl -m u:1002:rx f
        stat f => 100755 1001:3000 links=1 size=0
        as root
        chmod 2755 f
        as 1001:1001,3000
        sh setfacl -m u:1003:rx f
        stat f => 102755 1001:3000 links=1 size=0
        """);

    [Fact]
    public void Lists_outlive_a_remount()
    {
        _folders.Run("""
            create 600 f
            mkdir 700 d
            sh setfacl -m u:1001:rw f
            sh setfacl -d -m u:1001:rwx d
            """);
        var before = _folders.Run("sh getfacl -n f d");
        _volume.Remount();
        Assert.Equal(before, _folders.Run("sh getfacl -n f d"));
        _folders.Run("""
            as 1001:1001
            open rw f
            as 1002:1002
            open r f => EACCES
            as root
            create 666 d/f
            listx d/f => system.posix_acl_access
            """);
    }

    [Fact]
    public void The_longest_list_is_kept()
    {
        var users = string.Join(',', Enumerable.Range(2000, 507).Select(user => $"u:{user}:r"));
        var output = _folders.Run($"""
            create 600 f
            sh setfacl -m {users} f
            sh getfacl -n f | grep -c ^user:2 => 507
            as 2506:2506
            open r f
            as 2507:2507
            open r f => EACCES
            """);
        Assert.Contains("2506", output, StringComparison.Ordinal);
    }
}
