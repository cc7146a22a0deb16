using System.Buffers.Binary;
using ZoneTierFS.Devices;

namespace ZoneTierFS.Tests.Simulation;

/// <summary>The smallest store that can lose something: numbered values, one checksummed block each, durable when <see cref="PutAsync"/> returns.</summary>
/// <param name="skipsFlush">The planted bug.</param>
internal sealed class ToyLogStore(IZonedDevice device, bool skipsFlush) : IDisposable
{
    private const int Block = 4096;

    private readonly SemaphoreSlim _turn = new(1);
    private int _zone;

    public Dictionary<long, long> Values { get; } = [];

    public async Task RecoverAsync()
    {
        foreach (ZoneReport zone in await device.ReportZonesAsync(default))
        {
            if (zone.WritePointer == 0)
            {
                break;
            }

            // A zone is never continued: its tail may be torn, and a record behind a torn one would not be found.
            _zone = zone.Zone.Index + 1;
            var block = new byte[Block];
            for (long at = 0; at < zone.WritePointer; at += Block)
            {
                await device.ReadAsync(new ZoneAddress(zone.Zone, at), block, default);
                if (Crc32C.Compute(block.AsSpan(4)) != BinaryPrimitives.ReadUInt32LittleEndian(block))
                {
                    break;
                }

                Values[BinaryPrimitives.ReadInt64LittleEndian(block.AsSpan(8))] = BinaryPrimitives.ReadInt64LittleEndian(block.AsSpan(16));
            }
        }
    }

    public async Task PutAsync(long key, long value)
    {
        await _turn.WaitAsync();
        var block = new byte[Block];
        BinaryPrimitives.WriteInt64LittleEndian(block.AsSpan(8), key);
        BinaryPrimitives.WriteInt64LittleEndian(block.AsSpan(16), value);
        BinaryPrimitives.WriteUInt32LittleEndian(block, Crc32C.Compute(block.AsSpan(4)));
        await device.AppendAsync(new ZoneId(_zone), block, default);
        if (!skipsFlush)
        {
            await device.FlushAsync(default);
        }

        Values[key] = value;
        _turn.Release();
    }

    public void Dispose() => _turn.Dispose();
}
