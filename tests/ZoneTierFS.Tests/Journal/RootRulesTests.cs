using Xunit;
using ZoneTierFS.Devices;
using ZoneTierFS.Engine;
using ZoneTierFS.Engine.Format;
using ZoneTierFS.Engine.Journal;
using ZoneTierFS.Engine.Metadata;
using ZoneTierFS.Engine.Zones;
using ZoneTierFS.Fuzz.Images;

namespace ZoneTierFS.Tests.Journal;

/// <summary>A checkpoint that is whole by its checksum and says what cannot be is refused before its numbers are used.</summary>
public sealed class RootRulesTests
{
    private const uint ChecksumPages = 100;
    private const int Zones = 8;
    private const uint ZoneBlocks = 64;

    private static readonly CheckpointRoot s_sound = new()
    {
        Uuid = Guid.Empty, Generation = 5, Journal = new JournalPosition(3, ZoneBlocks, 7, 2), NextInode = 9, TreeRoot = 0, TreeItemCount = 1,
        TreePageCount = 2040, ChecksumPageCount = ChecksumPages, TreeTable = [new PageAddress(4, 0)], ChecksumTable = [new PageAddress(4, 4)],
    };

    [Fact]
    public void A_sound_root_passes() => Assert.Null(Record.Exception(() => RootRules.Demand(s_sound, Device(), ChecksumPages)));

    [Fact]
    public void Numbers_that_would_wrap_or_lead_astray_are_refused()
    {
        CheckpointRoot[] impossible =
        [
            s_sound with { Generation = ulong.MaxValue },
            s_sound with { Journal = s_sound.Journal with { NextSequence = 1ul << 62 } },
            s_sound with { Journal = s_sound.Journal with { Epoch = ulong.MaxValue } },
            s_sound with { Journal = s_sound.Journal with { Zone = 1 } },
            s_sound with { Journal = s_sound.Journal with { Zone = Zones } },
            s_sound with { Journal = s_sound.Journal with { Zone = uint.MaxValue - 1 } },
            s_sound with { Journal = s_sound.Journal with { Block = ZoneBlocks + 1 } },
            s_sound with { TreePageCount = uint.MaxValue },
            s_sound with { ChecksumPageCount = ChecksumPages + 1 },
            s_sound with { ChecksumTable = [new PageAddress(4, 4), new PageAddress(4, 8)] },
        ];
        Assert.All(impossible, root => Assert.Throws<InvalidDataException>(() => RootRules.Demand(root, Device(), ChecksumPages)));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 0)]
    [InlineData(Zones, 0)]
    [InlineData(uint.MaxValue, 0)]
    [InlineData(3, ZoneBlocks - 3)]
    [InlineData(3, uint.MaxValue)]
    [InlineData(5, 0)]
    public void A_page_cannot_lie_there(uint zone, uint block)
    {
        var fast = Device();
        fast.AddLive(5, ZoneBlocks - 3, promoted: false);
        Assert.Throws<InvalidDataException>(() => RootRules.DemandRoom(fast, new PageAddress(zone, block)));
    }

    [Fact]
    public void A_page_of_a_later_checkpoint_is_refused()
    {
        var page = new byte[PageFormat.Size];
        PageFormat.Seal(page, PageKind.Tree, id: 1, generation: s_sound.Generation);
        Assert.Null(Record.Exception(() => RootRules.DemandAge(s_sound.Generation, page)));
        PageFormat.Seal(page, PageKind.Tree, id: 1, generation: s_sound.Generation + 1);
        Assert.Throws<InvalidDataException>(() => RootRules.DemandAge(s_sound.Generation, page));
    }

    [Fact]
    public void A_page_may_lie_at_the_end_of_a_zone() =>
        Assert.Null(Record.Exception(() => RootRules.DemandRoom(Device(), new PageAddress(Zones - 1, ZoneBlocks - 4))));

    [Fact]
    public void The_journal_cannot_lie_among_other_metadata()
    {
        var fast = Device();
        fast[4].Use = ZoneUse.Metadata;
        Assert.Throws<InvalidDataException>(() => RootRules.DemandJournal(fast, 4));
        Assert.Throws<InvalidDataException>(() => RootRules.DemandJournal(fast, 0));
        Assert.Null(Record.Exception(() => RootRules.DemandJournal(fast, 5)));
    }

    private static DeviceZones Device()
    {
        var device = new ImageDevice(new ZonedGeometry { ZoneCount = Zones, ZoneSize = ZoneBlocks * 4096, ZoneCapacity = ZoneBlocks * 4096 });
        var reports = device.ReportZonesAsync(CancellationToken.None).AsTask().GetAwaiter().GetResult();
        return new DeviceZones(0, new TierDevice("tier", device), reports, deviceCount: 2);
    }
}
