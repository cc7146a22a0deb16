using ZoneTierFS.Linux;

namespace ZoneTierFS.Devices;

/// <summary>
/// The state machine of a device's zones: pointers, conditions, epochs, and the limits of open and active zones. It moves no bytes, so each change has two
/// halves, with the medium's work between them and outside of the lock: an operation claims its zone at its beginning and lets go of it at its end.
/// </summary>
/// <remarks>
/// Zones are counted in groups, the unit in which a device stores their states, and every change is numbered: by these numbers a flush knows what it covers.
/// </remarks>
internal sealed class ZoneTable
{
    private readonly Lock _gate = new();
    private readonly ZonedGeometry _geometry;
    private readonly ZoneState[] _zones;
    private readonly int _groupSize;
    private readonly long[] _groupChangedAt;
    /// <summary>The open zones, the one longest without an append first. Kept only where open zones are limited.</summary>
    private readonly int[] _open;
    private int _openCount;
    private int _activeCount;
    private long _changeCount;

    /// <param name="groupSize">Zones whose states are stored together.</param>
    /// <param name="zones">One per zone, with settled conditions, and the table's own from here on; null for a device of empty zones.</param>
    public ZoneTable(ZonedGeometry geometry, int groupSize, ZoneState[]? zones = null)
    {
        if (GeometryRules.FindFault(geometry) is { } fault)
            throw new DeviceException(Errno.EINVAL, $"Impossible device geometry: {fault}.");
        _geometry = geometry;
        _zones = zones ?? NewZones(geometry.ZoneCount);
        if (_zones.Length != geometry.ZoneCount)
            throw new ArgumentException($"{_zones.Length} states for {geometry.ZoneCount} zones.", nameof(zones));
        _groupSize = groupSize;
        _groupChangedAt = new long[(_zones.Length + groupSize - 1) / groupSize];
        _open = new int[Math.Min(geometry.MaxOpenZones, geometry.ZoneCount)];
        _activeCount = _zones.Count(zone => IsActive(zone.Condition));
    }

    public ZonedGeometry Geometry => _geometry;

    /// <summary>The number of the latest change; 0 before the first.</summary>
    public long ChangeCount => Volatile.Read(ref _changeCount);

    /// <summary>How many bytes of the zone may be read from the medium; the pointer moves only after the bytes are there, so no lock is needed.</summary>
    public long WrittenBytes(ZoneId zone) => Volatile.Read(ref _zones[zone.Index].Written);

    /// <summary>Refuses a zone that the device does not have.</summary>
    public void CheckZone(ZoneId zone)
    {
        if ((uint)zone.Index >= (uint)_zones.Length)
            throw new DeviceException(Errno.EINVAL, $"There is no {zone}: the device has {_zones.Length} zones.");
    }

    public ZoneReport[] Report()
    {
        var reports = new ZoneReport[_zones.Length];
        lock (_gate)
        {
            for (var i = 0; i < reports.Length; i++)
            {
                ref readonly var zone = ref _zones[i];
                var pointer = zone.Condition == ZoneCondition.Full ? _geometry.ZoneCapacity : zone.Written;
                reports[i] = new ZoneReport(new ZoneId(i), zone.Condition, pointer, _geometry.ZoneCapacity, zone.Epoch);
            }
        }
        return reports;
    }

    /// <summary>The number of the group's latest change; 0 when it has not changed since the table was made.</summary>
    public long GroupChangedAt(int group) => Volatile.Read(ref _groupChangedAt[group]);

    /// <summary>Copies the states of a group, all of one moment.</summary>
    /// <returns>The number of the latest change that the copy contains.</returns>
    public long CopyGroup(int group, Span<ZoneState> into, out int count)
    {
        var first = group * _groupSize;
        count = Math.Min(_groupSize, _zones.Length - first);
        lock (_gate)
        {
            _zones.AsSpan(first, count).CopyTo(into);
            return _groupChangedAt[group];
        }
    }

    /// <summary>Checks every rule for an append, opens the zone and claims it.</summary>
    /// <returns>Where in the zone the bytes go. <see cref="EndAppend"/> must follow.</returns>
    public long BeginAppend(ZoneId zone, int length)
    {
        CheckZone(zone);
        if (length <= 0 || length % _geometry.BlockSize != 0)
            throw new DeviceException(Errno.EINVAL, $"Append to {zone}: {length} bytes are not a positive multiple of the block size {_geometry.BlockSize}.");
        if (length > _geometry.AppendBytesMax)
            throw new DeviceException(Errno.EINVAL, $"Append to {zone}: {length} bytes are more than the limit of {_geometry.AppendBytesMax} for one append.");
        lock (_gate)
        {
            ref var state = ref _zones[zone.Index];
            RefuseBusy(zone, state);
            if (state.Condition == ZoneCondition.Full)
                throw new DeviceException(Errno.EIO, $"Append to {zone}: it is full.");
            if (length > _geometry.ZoneCapacity - state.Written)
                throw new DeviceException(Errno.EIO,
                    $"Append to {zone}: {length} bytes at {state.Written} would pass the zone's capacity of {_geometry.ZoneCapacity}.");
            Open(zone.Index, ref state);
            state.Busy = true;
            return state.Written;
        }
    }

    /// <param name="written">The append's length, or 0 when it failed: then the pointer stays.</param>
    public void EndAppend(ZoneId zone, int written)
    {
        lock (_gate)
        {
            ref var state = ref _zones[zone.Index];
            state.Busy = false;
            Volatile.Write(ref state.Written, state.Written + written);
            if (state.Written == _geometry.ZoneCapacity)
                Move(zone.Index, ref state, ZoneCondition.Full);
            else if (state.Written == 0)
                Move(zone.Index, ref state, ZoneCondition.Empty);
            if (written > 0)
                NoteChange(zone.Index);
        }
    }

    /// <summary>Claims the zone for a finish or reset. <see cref="EndFinish"/> or <see cref="EndReset"/> must follow.</summary>
    public void Claim(ZoneId zone)
    {
        CheckZone(zone);
        lock (_gate)
        {
            ref var state = ref _zones[zone.Index];
            RefuseBusy(zone, state);
            state.Busy = true;
        }
    }

    /// <param name="done">False when the finish failed: then the zone stays as it was.</param>
    public void EndFinish(ZoneId zone, bool done)
    {
        lock (_gate)
        {
            ref var state = ref _zones[zone.Index];
            state.Busy = false;
            if (!done || state.Condition == ZoneCondition.Full)
                return;
            Move(zone.Index, ref state, ZoneCondition.Full);
            NoteChange(zone.Index);
        }
    }

    /// <param name="done">False when the reset failed: then the zone stays as it was.</param>
    public void EndReset(ZoneId zone, bool done)
    {
        lock (_gate)
        {
            ref var state = ref _zones[zone.Index];
            state.Busy = false;
            if (!done)
                return;
            Volatile.Write(ref state.Written, 0);
            state.Epoch++;
            Move(zone.Index, ref state, ZoneCondition.Empty);
            NoteChange(zone.Index);
        }
    }

    private static ZoneState[] NewZones(int count)
    {
        var zones = new ZoneState[count];
        Array.Fill(zones, new ZoneState { Condition = ZoneCondition.Empty });
        return zones;
    }

    private static bool IsActive(ZoneCondition condition) =>
        condition is ZoneCondition.ImplicitlyOpen or ZoneCondition.ExplicitlyOpen or ZoneCondition.Closed;

    private static void RefuseBusy(ZoneId zone, in ZoneState state)
    {
        // Not a fault of the medium but of the caller, who would learn the order of the bytes from luck alone: see the interface's remarks.
        if (state.Busy)
            throw new InvalidOperationException($"Two operations at once change {zone}; its caller must wait for the first.");
    }

    private void Open(int index, ref ZoneState state)
    {
        if (state.Condition == ZoneCondition.Empty && _geometry.MaxActiveZones > 0 && _activeCount >= _geometry.MaxActiveZones)
            throw new DeviceException(Errno.EOVERFLOW,
                $"Append to {new ZoneId(index)}: the device's limit of {_geometry.MaxActiveZones} active zones is reached; finish or reset one first.");
        if (state.Condition == ZoneCondition.ImplicitlyOpen)
            Forget(index);
        else if (_open.Length > 0 && _openCount == _open.Length)
            Move(_open[0], ref _zones[_open[0]], ZoneCondition.Closed);
        if (state.Condition == ZoneCondition.Empty)
            _activeCount++;
        state.Condition = ZoneCondition.ImplicitlyOpen;
        if (_open.Length > 0)
            _open[_openCount++] = index;
    }

    private void Move(int index, ref ZoneState state, ZoneCondition to)
    {
        if (state.Condition == ZoneCondition.ImplicitlyOpen)
            Forget(index);
        if (IsActive(state.Condition) && !IsActive(to))
            _activeCount--;
        state.Condition = to;
    }

    /// <summary>Takes the zone off the list of open ones.</summary>
    private void Forget(int index)
    {
        var open = _open.AsSpan(0, _openCount);
        var at = open.IndexOf(index);
        if (at < 0)
            return;
        open[(at + 1)..].CopyTo(open[at..]);
        _openCount--;
    }

    private void NoteChange(int index)
    {
        var number = _changeCount + 1;
        Volatile.Write(ref _groupChangedAt[index / _groupSize], number);
        Volatile.Write(ref _changeCount, number);
    }
}
