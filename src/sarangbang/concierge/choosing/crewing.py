"""Cars and interpreters with their hours and jobs, as ``fitting`` wants them, in a constant number of queries."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence

from django.db.models import QuerySet

from sarangbang.concierge import lifecycle
from sarangbang.concierge.entitlement import rules_at
from sarangbang.concierge.interpreters.allowance import Allowance
from sarangbang.concierge.interpreters.workload import allowances
from sarangbang.concierge.models import Crew, Interpreter, Interpreting, Job, Ride, Vehicle
from sarangbang.concierge.months import day_of, month_of
from sarangbang.directory.models import Place
from sarangbang.scheduling.availability import Span as Minutes
from sarangbang.scheduling.availability import merged, minute_of, moment_of, open_spans
from sarangbang.scheduling.models import RosterException
from sarangbang.scheduling.queries import rosters
from sarangbang.scheduling.rosters import holiday_calendar

from . import fitting
from .keeping import Kept, kept_by_resource

BUSY = lifecycle.WITH_CREW | {lifecycle.FINISHED}
DAY = dt.timedelta(days=1)
REMOTE = (Interpreting.Mode.VIDEO, Interpreting.Mode.PHONE)


def need_of(job: Job) -> fitting.RideNeed | fitting.InterpretingNeed:
    """What a job asks for. Call it with places, stay and field at hand."""
    if isinstance(job, Ride):
        return fitting.RideNeed(
            starts_at=job.starts_at,
            ends_at=job.ends_at,
            origin=job.origin.point,
            destination=ends_where(job).point,
            guest=str(job.stay.guest_id),
            party=job.party,
            luggage=job.luggage,
            wheelchairs=job.wheelchairs,
            child_seats=job.child_seats,
        )
    return fitting.InterpretingNeed(
        starts_at=job.starts_at,
        ends_at=job.ends_at,
        origin=job.place.point,
        destination=job.place.point,
        guest=str(job.stay.guest_id),
        language=job.language,
        field=job.field.slug,
        wish=job.wish,
        day=day_of(job.starts_at),
        prefers=str(job.prefers_id or ""),
        remote=job.mode in REMOTE,
        visit=str(job.appointment_id),
    )


def ends_where(ride: Ride) -> Place:
    """Where the car is when the ride is over: from a programme it comes back."""
    return ride.origin if ride.kind == Ride.Kind.PROGRAMME else ride.destination


def planned(job: Job) -> fitting.Job:
    """An assigned job as part of somebody's day."""
    origin, destination = (job.origin, ends_where(job)) if isinstance(job, Ride) else (job.place, job.place)
    leaves_at = job.reservation.starts_at if job.reservation else job.starts_at
    return fitting.Job(
        key=str(job.pk),
        starts_at=job.starts_at,
        ends_at=job.ends_at,
        origin=origin.point,
        destination=destination.point,
        leaves_at=min(leaves_at, job.starts_at),
        guest=str(job.stay.guest_id),
        remote=isinstance(job, Interpreting) and job.mode in REMOTE,
    )


def everyone_for(job: Job) -> QuerySet[Vehicle] | QuerySet[Interpreter]:
    """Who could be asked at all: active cars, or all interpreters."""
    if isinstance(job, Ride):
        active = Vehicle.objects.filter(is_active=True, driver__is_active=True)
        return active.select_related("resource", "base", "driver").order_by("plate")
    return (
        Interpreter.objects.select_related("resource", "home")
        .prefetch_related("languages", "fields")
        .order_by("name_latin")
    )


def one_for(job: Job, crew: Crew) -> Crew | None:
    """This car or interpreter with everything that fitting needs, if they still work here."""
    if isinstance(crew, Vehicle) is not isinstance(job, Ride):
        return None
    return everyone_for(job).filter(pk=str(crew.pk)).first()


def fit_of(job: Job, crew: Crew) -> fitting.Fit:
    """How this car or interpreter fits the job."""
    return fits_of(job, [crew])[str(crew.pk)]


def fits_of(job: Job, crews: Iterable[Crew]) -> dict[str, fitting.Fit]:
    """How each of them fits the job, by primary key as text; their part in this very job does not stand in the way."""
    crews = list(crews)
    need = need_of(job)
    slack = rules_at(job.starts_at).span("slack")
    return {
        str(crew.pk): fitting.fit(need, candidate, slack)
        for crew, candidate in zip(crews, _candidates(job, crews), strict=True)
    }


def _candidates(job: Job, crews: Sequence[Crew]) -> list[fitting.Candidate]:
    hours = hours_of([crew.resource_id for crew in crews], job.starts_at, job.ends_at)
    jobs = _jobs(job, crews)
    months = _months(job, crews)
    kept = {} if isinstance(job, Ride) else kept_by_resource(job.starts_at - DAY, job.ends_at + DAY, hours)
    return [
        car_of(crew, hours[crew.resource_id], jobs[crew.pk])
        if isinstance(crew, Vehicle)
        else speaker_of(
            crew, hours[crew.resource_id], jobs[crew.pk], months.get(str(crew.pk)), kept.get(crew.resource_id, ())
        )
        for crew in crews
    ]


def _months(job: Job, crews: Sequence[Crew]) -> dict[str, Allowance]:
    """What the month allows interpreters beside this job. Whoever has it keeps it, as long as it stays in its month."""
    if isinstance(job, Ride):
        return {}
    is_same_month = job.reservation is not None and month_of(job.reservation.ends_at) == month_of(job.ends_at)
    keeps = job.interpreter_id if is_same_month else None
    asked = [crew for crew in crews if isinstance(crew, Interpreter) and crew.pk != keeps]
    return allowances(asked, day_of(job.starts_at), but=job.pk)


def _jobs(job: Job, crews: Sequence[Crew]) -> dict[object, list[fitting.Job]]:
    window = {
        "status__in": BUSY,
        "starts_at__gt": job.starts_at - fitting.LOAD_WINDOW - DAY,
        "starts_at__lt": job.ends_at + DAY,
    }
    found: dict[object, list[fitting.Job]] = defaultdict(list)
    if isinstance(job, Ride):
        rides = Ride.objects.filter(vehicle__in=[crew.pk for crew in crews], **window).exclude(pk=job.pk)
        for ride in rides.select_related("origin", "destination", "stay", "reservation"):
            found[ride.vehicle_id].append(planned(ride))
    else:
        others = Interpreting.objects.filter(interpreter__in=[crew.pk for crew in crews], **window).exclude(pk=job.pk)
        for other in others.select_related("place", "stay", "reservation"):
            found[other.interpreter_id].append(planned(other))
    return found


def hours_of(resource_ids: Sequence[int], start: dt.datetime, end: dt.datetime) -> dict[int, list[fitting.Span]]:
    """Working hours around a job, leave taken out. At which place they are kept does not matter here."""
    known = rosters(resource_ids, start - DAY, end + DAY)
    is_holiday = holiday_calendar(start - DAY, end + DAY)
    window = (minute_of(start - DAY), minute_of(end + DAY))
    leave: dict[int, list[Minutes]] = defaultdict(list)
    away = RosterException.objects.filter(
        resource__in=resource_ids, kind=RosterException.Kind.LEAVE, starts_at__lt=end, ends_at__gt=start
    )
    for resource_id, begins, finishes in away.values_list("resource_id", "starts_at", "ends_at"):
        leave[resource_id].append((minute_of(begins), minute_of(finishes)))
    result = {}
    for resource_id in resource_ids:
        roster = known[resource_id]
        places = {*roster.hours, *roster.extras}
        spans = [
            span
            for place in places
            for span in open_spans(roster.hours[place], roster.extras[place], window, is_holiday)
        ]
        result[resource_id] = [
            fitting.Span(moment_of(begin), moment_of(finish))
            for begin, finish in _without(merged(spans), merged(leave[resource_id]))
        ]
    return result


def beside(hours: Iterable[fitting.Span], kept: Iterable[Kept]) -> list[fitting.Span]:
    """What is left of working hours beside the time that visits keep."""
    spans = [(minute_of(span.starts_at), minute_of(span.ends_at)) for span in hours]
    taken = merged([(minute_of(each.starts_at), minute_of(each.ends_at)) for each in kept])
    return [fitting.Span(moment_of(begin), moment_of(finish)) for begin, finish in _without(spans, taken)]


def _without(spans: Iterable[Minutes], away: Sequence[Minutes]) -> Iterable[Minutes]:
    for begin, finish in spans:
        for gone, back in away:
            if gone < finish and back > begin:
                if begin < gone:
                    yield (begin, gone)
                begin = back
        if begin < finish:
            yield (begin, finish)


def car_of(vehicle: Vehicle, hours: list[fitting.Span], jobs: list[fitting.Job]) -> fitting.Car:
    """A car as fitting sees it."""
    return fitting.Car(
        key=str(vehicle.pk),
        base=vehicle.base.point,
        hours=hours,
        jobs=jobs,
        seats=vehicle.seats,
        luggage=vehicle.luggage,
        wheelchairs=vehicle.wheelchairs,
        child_seats=vehicle.child_seats,
    )


def speaker_of(
    interpreter: Interpreter,
    hours: list[fitting.Span],
    jobs: list[fitting.Job],
    month: Allowance | None,
    kept: Iterable[Kept] = (),
) -> fitting.Speaker:
    """An interpreter as fitting sees them."""
    return fitting.Speaker(
        key=str(interpreter.pk),
        base=interpreter.home.point,
        hours=hours,
        jobs=jobs,
        languages=frozenset(each.language for each in interpreter.languages.all()),
        fields=frozenset(each.slug for each in interpreter.fields.all()),
        sex=interpreter.sex,
        appointed_from=interpreter.appointed_from,
        appointed_until=interpreter.appointed_until,
        certified_until=interpreter.certified_until,
        month=month,
        kept=[each.job for each in kept],
    )
