from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("people", "0002_waiting_links")]

    operations = [
        migrations.AlterField(
            model_name="securelink",
            name="purpose",
            field=models.CharField(
                choices=[
                    ("stay", "Stay page"),
                    ("calendar", "Calendar feed"),
                    ("hold", "Held time"),
                    ("confirm", "Confirmation by e-mail"),
                    ("appointment", "Appointment, for programs"),
                    ("driver", "Driver page"),
                    ("interpreter", "Interpreter page"),
                    ("clinic_calendar", "Calendar feed of an institution"),
                    ("roster_calendar", "Calendar feed of a person or room"),
                    ("interpreter_calendar", "Calendar feed of an interpreter"),
                    ("waiting", "Waiting list"),
                ],
                max_length=20,
            ),
        ),
    ]
