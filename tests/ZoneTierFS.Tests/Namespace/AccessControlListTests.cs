using Xunit;
using ZoneTierFS.Engine.Namespace;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Tests.Namespace;

/// <summary>Lists in the kernel's form: version 2, then tag, permissions and id of each entry.</summary>
public sealed class AccessControlListTests
{
    private const string Version = "02000000";
    private const string Owner = "0100 0700 FFFFFFFF";
    private const string User = "0200 0600 E9030000";
    private const string OwningGroup = "0400 0500 FFFFFFFF";
    private const string Group = "0800 0700 D0070000";
    private const string Mask = "1000 0600 FFFFFFFF";
    private const string Other = "2000 0400 FFFFFFFF";

    [Theory]
    [InlineData(Version + Owner + OwningGroup + Other, Errno.Ok)]
    [InlineData(Version + Owner + OwningGroup + Mask + Other, Errno.Ok)]
    [InlineData(Version + Owner + User + User + OwningGroup + Group + Mask + Other, Errno.Ok)]
    [InlineData("", Errno.EINVAL)]
    [InlineData("0200", Errno.EINVAL)]
    [InlineData(Version, Errno.EINVAL)]
    [InlineData("01000000" + Owner + OwningGroup + Other, Errno.EOPNOTSUPP)]
    [InlineData(Version + Owner + OwningGroup + Other + "01", Errno.EINVAL)]
    [InlineData(Version + Owner + OwningGroup, Errno.EINVAL)]
    [InlineData(Version + Owner + Other, Errno.EINVAL)]
    [InlineData(Version + OwningGroup + Other, Errno.EINVAL)]
    [InlineData(Version + Owner + Owner + OwningGroup + Other, Errno.EINVAL)]
    [InlineData(Version + Owner + OwningGroup + Other + Other, Errno.EINVAL)]
    [InlineData(Version + OwningGroup + Owner + Other, Errno.EINVAL)]
    [InlineData(Version + Owner + User + OwningGroup + Other, Errno.EINVAL)] // no mask
    [InlineData(Version + Owner + OwningGroup + Group + Other, Errno.EINVAL)]
    [InlineData(Version + Owner + OwningGroup + User + Mask + Other, Errno.EINVAL)]
    [InlineData(Version + Owner + OwningGroup + Mask + Mask + Other, Errno.EINVAL)]
    [InlineData(Version + "0100 0F00 FFFFFFFF" + OwningGroup + Other, Errno.EINVAL)]
    [InlineData(Version + Owner + "0200 0600 FFFFFFFF" + OwningGroup + Mask + Other, Errno.EINVAL)] // nobody's id
    [InlineData(Version + "4000 0700 FFFFFFFF" + OwningGroup + Other, Errno.EINVAL)]
    public void Only_what_is_a_list_is_valid(string list, Errno expected) => Assert.Equal(expected, AccessControlList.Validate(Bytes(list)));

    [Fact]
    public void A_list_beyond_a_page_is_too_big() => Assert.Equal(Errno.E2BIG, AccessControlList.Validate(new byte[AccessControlList.BytesMax + 1]));

    [Theory]
    [InlineData(Version + Owner + OwningGroup + Other, 0x8000u, 0x8000u | 0x1ECu)] // 754
    [InlineData(Version + Owner + OwningGroup + Mask + Other, 0xC00u, 0xC00u | 0x1F4u)] // the group's bits are the mask's: 764
    [InlineData(Version + Owner + User + OwningGroup + Group + Mask + Other, 0x1FFu, 0x1F4u)]
    public void The_mode_follows_the_list(string list, uint mode, uint expected) => Assert.Equal(expected, AccessControlList.ModeOf(Bytes(list), mode));

    [Theory]
    [InlineData(Version + Owner + OwningGroup + Other, 0x188u, Version + "0100 0600 FFFFFFFF 0400 0100 FFFFFFFF 2000 0000 FFFFFFFF")]
    [InlineData(Version + Owner + User + OwningGroup + Mask + Other, 0x188u,
        Version + "0100 0600 FFFFFFFF" + User + OwningGroup + "1000 0100 FFFFFFFF 2000 0000 FFFFFFFF")]
    public void The_list_follows_the_mode(string list, uint mode, string expected)
    {
        var bytes = Bytes(list);
        AccessControlList.SetMode(bytes, mode);
        Assert.Equal(Bytes(expected), bytes);
        Assert.Equal(mode, AccessControlList.ModeOf(bytes, 0));
    }

    [Theory]
    [InlineData(Version + Owner + OwningGroup + Other, 0x1B6u, 0x1A4u, Version + "0100 0600 FFFFFFFF 0400 0400 FFFFFFFF 2000 0400 FFFFFFFF")]
    [InlineData(Version + Owner + User + OwningGroup + Mask + Other, 0x1A0u, 0x1A0u,
        Version + "0100 0600 FFFFFFFF" + User + OwningGroup + "1000 0400 FFFFFFFF 2000 0000 FFFFFFFF")]
    public void What_is_created_is_allowed_what_both_creator_and_directory_allow(string list, uint asked, uint mode, string expected)
    {
        var bytes = Bytes(list);
        Assert.Equal(mode | 0x8C00u, AccessControlList.Inherit(bytes, asked | 0x8C00u));
        Assert.Equal(Bytes(expected), bytes);
    }

    private static byte[] Bytes(string hex) => Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));
}
