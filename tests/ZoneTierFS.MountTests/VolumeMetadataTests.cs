using Xunit;
using ZoneTierFS.MountTests.Fixtures;

namespace ZoneTierFS.MountTests;

/// <summary>Owners, permissions and times: the mount does what a folder of the host does. Each script runs in both.</summary>
[Trait("Kind", "Volume")]
public sealed class VolumeMetadataTests(MountedVolume mount) : IClassFixture<MountedVolume>, IDisposable
{
    private readonly FolderPair _folders = new(mount);

    public void Dispose() => _folders.Dispose();

    [Fact]
    public void Owner_group_and_others_have_their_bits() => AssertAlike("""
        create 640 f
        chown 1001 2000 f
        as 1001:1001
        access 6 f
        access 1 f => EACCES
        open rw f
        as 1002:2000
        open r f
        open w f => EACCES
        as 1002:1002,2000
        open r f
        open w f => EACCES
        access 4 f
        as 1002:1002
        open r f => EACCES
        access 4 f => EACCES
        access 0 f
        as root
        open rw f
        access 1 f => EACCES
        chmod 100 f
        access 1 f
        chmod 000 f
        open rw f
        as 1001:1001
        open r f => EACCES
        as root
        # the owner's bits hold for the owner, whatever others may
        chmod 077 f
        as 1001:1001
        open r f => EACCES
        as 1002:2000
        open rw f
        """);

    [Fact]
    public void Directories_let_through_by_x_list_by_r_and_change_by_w() => AssertAlike("""
        mkdir 711 d
        create 644 d/f
        as 1001:1001
        stat d/f
        read d/f
        list d => EACCES
        create 644 d/g => EACCES
        unlink d/f => EACCES
        rename d/f d/g => EACCES
        mkdir 755 d/s => EACCES
        as root
        chmod 744 d
        as 1001:1001
        list d
        stat d/f => EACCES
        stat d/none => EACCES
        as root
        chmod 733 d
        as 1001:1001
        create 600 d/g
        list d => EACCES
        unlink d/f
        as root
        chmod 000 d
        stat d/g
        create 644 d/h
        """);

    [Fact]
    public void Only_owner_and_root_change_mode_and_owner() => AssertAlike("""
        create 644 f
        chown 1001 1001 f
        as 1002:1002
        chmod 777 f => EPERM
        chown 1002 -1 f => EPERM
        chown -1 1002 f => EPERM
        utimens 5 5 f => EPERM
        utimens now now f => EACCES
        utimens now omit f => EPERM
        utimens omit omit f
        as root
        chmod 666 f
        as 1002:1002
        utimens now now f
        utimens 5 now f => EPERM
        as 1001:1001,2000
        chown 1002 -1 f => EPERM
        chown -1 2000 f
        chown -1 3000 f => EPERM
        chown 1001 2000 f
        chown -1 -1 f
        utimens 5 6 f
        utimens omit 7 f
        chmod 4755 f
        # of a group that one does not belong to, one hands on no rights
        as root
        chown 1001 3000 f
        as 1001:1001,2000
        chmod 2755 f
        stat f => 100755 1001:3000 links=1 size=0
        as root
        chmod 2755 f
        stat f => 102755 1001:3000 links=1 size=0
        as 1001:1001,3000
        chmod 2711 f
        stat f => 102711 1001:3000 links=1 size=0
        """);

    [Theory]
    [InlineData("write f")]
    [InlineData("open w,trunc f")]
    [InlineData("truncate 1 f")]
    [InlineData("ftruncate 9 f")]
    [InlineData("fallocate 0 0 9 f")]
    [InlineData("fallocate 1 0 9 f")]
    [InlineData("fallocate 3 0 1 f")]
    [InlineData("copy g f")]
    public void Set_id_bits_go_when_an_ordinary_user_changes_a_file_and_stay_with_root(string change) => AssertAlike($"""
        create 666 g
        chmod 666 g
        truncate 5 g
        create 666 f
        write f
        chmod 6777 f
        {change}
        stat f
        chmod 6777 f
        as 1001:1001
        {change}
        stat f
        as root
        # without the group's right to execute, set-group-ID is no privilege
        chmod 6767 f
        as 1001:1001,0
        {change}
        stat f
        as root
        chown 1001 1001 f
        chmod 6777 f
        as 1001:1001
        {change}
        stat f => 100777 1001:1001 links=1 size={SizeAfter(change)}
        """);

    [Fact]
    public void Set_id_bits_go_with_the_owner_but_not_from_directories() => AssertAlike("""
        create 755 f
        chmod 6755 f
        chown 1001 -1 f
        stat f => 100755 1001:0 links=1 size=0
        chmod 6755 f
        as 1001:1001
        chown -1 -1 f
        stat f => 100755 1001:0 links=1 size=0
        as root
        chmod 6745 f
        chown -1 1001 f
        stat f
        mkdir 755 d
        chmod 6755 d
        chown 1001 1001 d
        stat d => 46755 1001:1001 links=2
        as 1001:1001,2000
        chown -1 2000 d
        stat d
        """);

    [Fact]
    public void Set_group_id_directories_hand_down_group_and_bit() => AssertAlike("""
        mkdir 777 d
        chmod 2777 d
        chown 0 2000 d
        chmod 2777 d
        as 1001:1001
        umask 022
        create 755 d/f
        stat d/f => 100755 1001:2000 links=1 size=0
        create 2755 d/g
        stat d/g => 100755 1001:2000 links=1 size=0
        create 2745 d/h
        stat d/h
        fifo 644 d/p
        stat d/p => 10644 1001:2000 links=1 size=0
        mkdir 755 d/s
        stat d/s => 42755 1001:2000 links=2
        mkdir 755 d/s/t
        stat d/s/t => 42755 1001:2000 links=2
        symlink x d/l
        stat d/l => 120777 1001:2000 links=1 size=1
        as 1001:1001,2000
        create 2755 d/member
        stat d/member => 102755 1001:2000 links=1 size=0
        """);

    [Fact]
    public void In_a_sticky_directory_only_the_owners_remove() => AssertAlike("""
        mkdir 777 d
        chmod 1777 d
        as 1001:1001
        create 666 d/f
        mkdir 777 d/s
        as 1002:1002
        create 644 d/own
        unlink d/f => EPERM
        rmdir d/s => EPERM
        rename d/f d/g => EPERM
        rename d/own d/f => EPERM
        exchange d/own d/f => EPERM
        link d/own d/own2
        rename d/own d/own3
        as 1001:1001
        unlink d/own2 => EPERM
        rename d/f d/g
        rmdir d/s
        as root
        chown 1003 1003 d
        as 1003:1003
        unlink d/g
        as root
        unlink d/own2
        """);

    [Fact]
    public void The_umask_takes_bits_away() => AssertAlike("""
        umask 027
        create 6777 f
        stat f => 106750 0:0 links=1 size=0
        mkdir 1777 d
        stat d => 41750 0:0 links=2
        fifo 666 p
        stat p => 10640 0:0 links=1 size=0
        symlink x l
        stat l
        umask 0
        create 666 g
        stat g => 100666 0:0 links=1 size=0
        """);

    [Fact]
    public void Changes_move_the_times_that_they_move_elsewhere() => AssertAlike("""
        mkdir 755 d
        mkdir 755 e
        create 644 d/f
        note d d/f
        write d/f
        changed d d/f => d:- d/f:mc
        note d d/f
        truncate 3 d/f
        changed d d/f => d:- d/f:mc
        note d d/f
        truncate 9 d/f
        changed d d/f => d:- d/f:mc
        note d d/f
        ftruncate 2 d/f
        changed d d/f => d:- d/f:mc
        note d d/f
        open w,trunc d/f
        changed d d/f => d:- d/f:mc
        note d d/f
        open w,trunc d/f
        changed d/f
        note d d/f
        fallocate 0 0 100 d/f
        changed d d/f => d:- d/f:mc
        note d/f
        fallocate 1 0 8192 d/f
        changed d/f => d/f:mc
        note d/f
        fallocate 3 0 50 d/f
        changed d/f => d/f:mc
        note d d/f
        chmod 600 d/f
        changed d d/f => d:- d/f:c
        note d/f
        chown 0 7 d/f
        changed d/f => d/f:c
        note d/f
        chown -1 -1 d/f
        changed d/f
        note d/f
        setx user.a 1 d/f
        changed d/f => d/f:c
        note d/f
        setx user.a 1 d/f create => EEXIST
        changed d/f => d/f:-
        rmx user.a d/f
        changed d/f => d/f:c
        note d/f
        utimens 5 omit d/f
        changed d/f => d/f:ac
        note d/f
        utimens omit now d/f
        changed d/f => d/f:mc
        """);

    [Fact]
    public void Names_that_come_and_go_move_the_times_that_they_move_elsewhere() => AssertAlike("""
        mkdir 755 d
        mkdir 755 e
        note d
        create 644 d/f
        changed d => d:mc
        note d d/f
        create 644 d/f => EEXIST
        changed d d/f => d:- d/f:-
        link d/f d/g
        changed d d/f => d:mc d/f:c
        note d d/f e
        rename d/g e/g
        changed d e e/../d/f => d:mc e:mc e/../d/f:c
        """.Replace("e/../d/f", "d/f", StringComparison.Ordinal) + """

        note d d/f
        rename d/f d/f2
        changed d => d:mc
        note d d/f2 e e/g
        rename d/f2 e/g
        changed d d/f2 e e/g => d:- d/f2:- e:- e/g:-
        note d/f2
        unlink e/g
        changed d/f2 e => d/f2:c e:mc
        create 644 d/h
        note d d/f2 d/h
        rename d/h d/f2
        changed d => d:mc
        create 644 e/x
        note d e d/f2 e/x
        exchange d/f2 e/x
        changed d e => d:mc e:mc
        note d
        mkdir 755 d/s
        changed d => d:mc
        stat d => 40755 0:0 links=3
        note d e d/s
        rename d/s e/s
        changed d e => d:mc e:mc
        stat d => 40755 0:0 links=2
        stat e => 40755 0:0 links=3
        note e
        rmdir e/s
        changed e => e:mc
        note e
        symlink x e/l
        changed e => e:mc
        note e
        unlink e/none => ENOENT
        rmdir e/none => ENOENT
        rename e/none e/nine => ENOENT
        changed e => e:-
        """);

    private void AssertAlike(string script) => _folders.AssertAlike(script);

    private static string SizeAfter(string change) => change.Split(' ') switch
    {
        ["open", ..] => "0",
        ["truncate", ..] => "1",
        ["ftruncate", ..] or ["fallocate", "0", ..] => "9",
        ["copy", ..] => "5",
        _ => "3",
    };
}
