using Xunit;
using ZoneTierFS.Cli.Configuration;

namespace ZoneTierFS.Tests.Cli.Configuration;

public sealed class SettingNumberTests
{
    [Theory]
    [InlineData(nameof(SettingKind.Size), "0", 0)]
    [InlineData(nameof(SettingKind.Size), "512B", 512)]
    [InlineData(nameof(SettingKind.Size), "1.5KiB", 1536)]
    [InlineData(nameof(SettingKind.Size), "64TiB", 70368744177664)]
    [InlineData(nameof(SettingKind.Duration), "20ms", 20)]
    [InlineData(nameof(SettingKind.Duration), "1.5s", 1500)]
    [InlineData(nameof(SettingKind.Duration), "2min", 120000)]
    [InlineData(nameof(SettingKind.Duration), "1h", 3600000)]
    [InlineData(nameof(SettingKind.Count), "17", 17)]
    public void NumbersAreReadWithTheirUnits(string kind, string text, long expected)
    {
        Assert.True(SettingNumber.TryParse(Enum.Parse<SettingKind>(kind), text, out var value, out _));
        Assert.Equal(expected, value);
    }

    [Theory]
    [InlineData(nameof(SettingKind.Size), "")]
    [InlineData(nameof(SettingKind.Size), "MiB")]
    [InlineData(nameof(SettingKind.Size), "1024")]
    [InlineData(nameof(SettingKind.Size), "1 MiB")]
    [InlineData(nameof(SettingKind.Size), "-1MiB")]
    [InlineData(nameof(SettingKind.Size), "1MB")]
    [InlineData(nameof(SettingKind.Size), "1mib")]
    [InlineData(nameof(SettingKind.Size), "0.3B")]
    [InlineData(nameof(SettingKind.Size), "99999999999999999999TiB")]
    [InlineData(nameof(SettingKind.Duration), "5")]
    [InlineData(nameof(SettingKind.Duration), "5 s")]
    [InlineData(nameof(SettingKind.Duration), "5d")]
    [InlineData(nameof(SettingKind.Count), "1.5")]
    [InlineData(nameof(SettingKind.Count), "-1")]
    [InlineData(nameof(SettingKind.Count), "0x10")]
    [InlineData(nameof(SettingKind.Fraction), "half")]
    [InlineData(nameof(SettingKind.Fraction), "0,5")]
    public void WhatIsNoNumberIsRefusedWithAdvice(string kind, string text)
    {
        Assert.False(SettingNumber.TryParse(Enum.Parse<SettingKind>(kind), text, out _, out var mend));
        Assert.StartsWith("Write a ", mend, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(1023, "1023 B")]
    [InlineData(1024, "1 KiB")]
    [InlineData(1536, "1.5 KiB")]
    [InlineData(314572800, "300 MiB")]
    [InlineData(8589934592, "8 GiB")]
    public void BytesAreWrittenShort(double bytes, string expected) => Assert.Equal(expected, SettingNumber.FormatBytes(bytes));
}
