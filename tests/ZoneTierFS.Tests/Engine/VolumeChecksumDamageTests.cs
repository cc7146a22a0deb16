using System.Buffers.Binary;
using Xunit;
using ZoneTierFS.Engine;
using ZoneTierFS.Engine.Metadata;

namespace ZoneTierFS.Tests.Engine;

/// <summary>Pages of checksums that cannot be read: what needs them fails, and nothing else.</summary>
public sealed class VolumeChecksumDamageTests
{
    /// <summary>Of the fast tier of the fixture; those of the slow one have higher numbers.</summary>
    private const uint FastPages = 3;

    [Fact]
    public async Task A_move_that_needs_a_lost_page_of_checksums_is_given_up_and_the_volume_goes_on()
    {
        await using var fixture = await VolumeFixture.CreateAsync(VolumeFixture.EagerMover);
        var content = VolumeFixture.Bytes(1 << 20, 1);
        await fixture.CreateFileAsync("beside", VolumeFixture.Bytes(100_000, 2)); // so that the fast tier has such a page
        var model = await fixture.CreateFileAsync("model.gguf", content);
        await fixture.ReopenAsync();
        Assert.Equal(0, fixture.Place(model).PromotedBytes);
        fixture.Tlc.Spoils = fixture.Qlc.Spoils = (_, bytes) => // both copies
        {
            var (kind, id) = (bytes[PageFormat.KindOffset], BinaryPrimitives.ReadUInt32LittleEndian(bytes[PageFormat.IdOffset..]));
            var isPage = BinaryPrimitives.ReadUInt32LittleEndian(bytes[PageFormat.MagicOffset..]) == PageFormat.Magic;
            if (isPage && kind == (byte)PageKind.Checksum && id < FastPages)
                bytes[^1] ^= 1;
        };
        fixture.Volume.Warm(model);
        await Eventually.HoldsAsync(() => fixture.Log.Lines.Any(line => line.Contains("Moving to tier tlc: Checksum page", StringComparison.Ordinal)));
        Assert.Null(fixture.Volume.GetVolumeStatus().Failure);
        Assert.Equal(content, await fixture.ReadAsync(model));
    }
}
